"""What the settings of production buy: the WSGI server, its threads and workers, and the driver.

``make bench SERVERS=1`` measures the add-on over HTTP, in the environment of the peers.
"""
