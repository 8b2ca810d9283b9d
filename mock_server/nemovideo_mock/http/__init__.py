"""The service over HTTP: protocol, application, request faults, and the endpoints with their streams and forms."""
