"""Whether a request costs the same in a full store, and beside a purge.

``make bench SIZE=1000000`` fills each store with so many live grants, through the import of the
store, and compares it with an empty one. Then so many tokens that have expired are purged while
tokens are requested. A million grants, three million records, take ten to twenty minutes a store.
"""
