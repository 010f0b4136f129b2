"""The phone: menu, call flow, TwiML, webhooks, and the local carrier."""
