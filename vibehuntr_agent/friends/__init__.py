"""The friends' agents: each knows one friend, and they settle time, place and budget among themselves.

`agenda` is what all are told, `verdicts` what one friend makes of a proposal, `answers` how they say it, `chair` who is asked what:
these are pure. `seat_agent` is the ADK agent in a seat, `meeting` the one that holds the meeting and writes its outcome into the plan.
"""
