"""One ADK agent for the playground and its peers, as a developer would write it; GOOGLE_GEMINI_BASE_URL says who answers."""

from google.adk.agents import LlmAgent

root_agent = LlmAgent(name="gemini_agent", model="gemini-2.5-flash", instruction="Follow the command.")
