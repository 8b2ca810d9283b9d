"""The records of streams: a JSON Schema for each dialect, the order of the records, and what a record says.

`nemovideo_contract.openapi.records` returns a schema. `grammar` checks the order record by record, `validation` checks
the schema and the order of a whole turn, `record_contents` reads words, tools and times from a record.
"""
