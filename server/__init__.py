"""The application round the call: HTTP API, store, invitations, calendar, settings and command line."""
