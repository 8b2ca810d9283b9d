"""Everything that commands print: results, JSON, errors, progress, reports. Exit codes and signals live here too."""
