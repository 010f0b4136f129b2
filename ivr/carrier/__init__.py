"""The local carrier: Twilio's side of the wire, so that the line runs with no account and no network.

It knows the line only over HTTP and WebSocket. Nothing in here imports the line's
code, and the line would work the same with a number rented from Twilio.
"""
