"""Planning without a framework: pure functions over plain values.

No ADK, no Streamlit, no clock of its own: what is "now" comes in as an argument.
"""
