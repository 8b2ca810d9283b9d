"""The records of streams: a JSON Schema for each dialect, and the orders in which they may come.

`nemovideo_contract.openapi.records` reads the schemas; `grammar` has the orders, record by record and of the standard
library alone; `recording` holds whole turns against both.
"""
