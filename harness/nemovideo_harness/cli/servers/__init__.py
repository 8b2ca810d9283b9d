"""What commands talk to: clients, fakes inside the process, the journal of a fake, and servers that they record."""
