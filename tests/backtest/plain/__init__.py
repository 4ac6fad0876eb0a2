"""The backtest of METHODS 8 as a plain program: a dictionary a row, one order after the other, day by day.

It shares no code with `eventstudy.backtest` but the calendars and the rule itself, and is as slow as it reads.
"""
