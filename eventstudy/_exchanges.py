"""The exchanges by name: our codes, what people and symbols call them, and those that are not here."""

from __future__ import annotations

__all__ = ["DECREED", "ELSEWHERE", "EXCHANGES", "HOLIDAYS_OF", "NAMES", "SUFFIXES"]

# Our code -> (name in pandas_market_calendars, time zone). Nasdaq and NYSE Arca keep NYSE's sessions. Where the library
# has two, we read the one that errs less: SSE expects holidays that China is yet to decree, and JPX those before 1997.
EXCHANGES = {
    "XNYS": ("NYSE", "America/New_York"),
    "XNAS": ("NASDAQ", "America/New_York"),
    "ARCX": ("NYSE", "America/New_York"),
    "XASE": ("NYSE", "America/New_York"),
    "BATS": ("NYSE", "America/New_York"),
    "XTSE": ("XTSE", "America/Toronto"),
    "XHKG": ("XHKG", "Asia/Hong_Kong"),
    "XSHG": ("SSE", "Asia/Shanghai"),
    "XSHE": ("SSE", "Asia/Shanghai"),
    "XTKS": ("JPX", "Asia/Tokyo"),
    "XKRX": ("XKRX", "Asia/Seoul"),
    "XTAI": ("XTAI", "Asia/Taipei"),
    "XASX": ("ASX", "Australia/Sydney"),
    "XBOM": ("XBOM", "Asia/Kolkata"),
    "XLON": ("XLON", "Europe/London"),
    "XETR": ("XETR", "Europe/Berlin"),
    "XFRA": ("XFRA", "Europe/Berlin"),
    "XPAR": ("XPAR", "Europe/Paris"),
    "XAMS": ("XAMS", "Europe/Amsterdam"),
    "XBRU": ("XBRU", "Europe/Brussels"),
    "XMIL": ("XMIL", "Europe/Rome"),
    "XMAD": ("XMAD", "Europe/Madrid"),
    "XSWX": ("XSWX", "Europe/Zurich"),
    "XSTO": ("XSTO", "Europe/Stockholm"),
    "XCSE": ("XCSE", "Europe/Copenhagen"),
    "XHEL": ("XHEL", "Europe/Helsinki"),
    "XOSL": ("XOSL", "Europe/Oslo"),
}

# ASX knows the hours, but no holiday before 2011; XASX knows those.
HOLIDAYS_OF = {"XASX": "XASX"}

# Where holidays are decreed year by year, the library knows them until the end of the last year that it has some of.
DECREED = ("XBOM",)

# What people call the exchanges, in small letters and nothing but letters.
NAMES = {
    **dict.fromkeys(("nyse", "newyork"), "XNYS"),
    "nasdaq": "XNAS",
    **dict.fromkeys(("arca", "nysearca"), "ARCX"),
    **dict.fromkeys(("amex", "nyseamerican"), "XASE"),
    "cboe": "BATS",
    **dict.fromkeys(("tsx", "toronto"), "XTSE"),
    **dict.fromkeys(("hkex", "sehk", "hongkong"), "XHKG"),
    **dict.fromkeys(("sse", "shanghai"), "XSHG"),
    **dict.fromkeys(("szse", "shenzhen"), "XSHE"),
    **dict.fromkeys(("jpx", "tokyo"), "XTKS"),
    **dict.fromkeys(("krx", "kospi", "kosdaq", "korea", "seoul"), "XKRX"),
    **dict.fromkeys(("twse", "taiwan", "taipei"), "XTAI"),
    **dict.fromkeys(("asx", "sydney", "australia"), "XASX"),
    **dict.fromkeys(("bse", "nse", "xnse", "bombay", "mumbai"), "XBOM"),
    **dict.fromkeys(("lse", "london"), "XLON"),
    "xetra": "XETR",
    "frankfurt": "XFRA",
    **dict.fromkeys(("paris", "euronextparis"), "XPAR"),
    **dict.fromkeys(("amsterdam", "euronextamsterdam"), "XAMS"),
    **dict.fromkeys(("brussels", "euronextbrussels"), "XBRU"),
    **dict.fromkeys(("milan", "borsaitaliana"), "XMIL"),
    **dict.fromkeys(("madrid", "bme"), "XMAD"),
    **dict.fromkeys(("six", "zurich", "swiss"), "XSWX"),
    "stockholm": "XSTO",
    "copenhagen": "XCSE",
    "helsinki": "XHEL",
    **dict.fromkeys(("oslo", "ose"), "XOSL"),
}

# Yahoo's suffix after the last dot of a symbol; no suffix is New York.
SUFFIXES = {
    "TO": "XTSE",
    "V": "XTSE",
    "HK": "XHKG",
    "SS": "XSHG",
    "SZ": "XSHE",
    "T": "XTKS",
    "KS": "XKRX",
    "KQ": "XKRX",
    "TW": "XTAI",
    "TWO": "XTAI",
    "AX": "XASX",
    "BO": "XBOM",
    "NS": "XBOM",
    "L": "XLON",
    "IL": "XLON",
    "DE": "XETR",
    "F": "XFRA",
    "PA": "XPAR",
    "AS": "XAMS",
    "BR": "XBRU",
    "MI": "XMIL",
    "MC": "XMAD",
    "SW": "XSWX",
    "ST": "XSTO",
    "CO": "XCSE",
    "HE": "XHEL",
    "OL": "XOSL",
}

# Yahoo's suffixes of exchanges that are none of ours; taken for New York's they would be placed on its days.
ELSEWHERE = {
    "AT": "Athens",
    "BA": "Buenos Aires",
    "BD": "Budapest",
    "BE": "Berlin",
    "BK": "Bangkok",
    "CN": "the Canadian Securities Exchange",
    "DU": "Dusseldorf",
    "HA": "Hanover",
    "HM": "Hamburg",
    "IC": "Iceland",
    "IR": "Dublin",
    "IS": "Istanbul",
    "JK": "Jakarta",
    "JO": "Johannesburg",
    "KL": "Kuala Lumpur",
    "LS": "Lisbon",
    "MU": "Munich",
    "MX": "Mexico",
    "NE": "Cboe Canada",
    "NZ": "New Zealand",
    "QA": "Qatar",
    "RG": "Riga",
    "SA": "Sao Paulo",
    "SG": "Stuttgart",
    "SI": "Singapore",
    "SN": "Santiago",
    "SR": "Riyadh",
    "TA": "Tel Aviv",
    "TL": "Tallinn",
    "VI": "Vienna",
    "VS": "Vilnius",
    "WA": "Warsaw",
}
