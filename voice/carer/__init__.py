"""The carer: what someone in another room may know, and how it reaches them.

In: where the conversation is, on the side that hears; a datagram from there, on the side of
the bridge. Out: a status without a word in it, and from the bridge MQTT topics for a broker.

Law: two processes share this room. The one that hears uses :mod:`voice.carer.reporter` and the
sending half of :mod:`voice.carer.event_socket`: it never waits, and a Unix socket is all it
opens. The bridge, alone, has a network, and knows no sound. What passes between them is
:class:`voice.carer.status.Status`: truth values, numbers and codes, in which no words fit.
"""
