"""The add-on beside other OAuth servers, over HTTP: CPU time of the server a request.

``make bench PEERS=1`` installs the peers, by exact version, in an environment of their own.

Each peer is a small application in this folder with the same paths, client and answers, so
that :mod:`benchmarks.workloads` suits all of them. All have one process, and keep the
connections of the client and of the store open.

===================== ============ =====================================================
application           server       why
===================== ============ =====================================================
pyramid_oauth2        granian      docs/performance.md recommends it
django-oauth-toolkit  gunicorn     its Dockerfile uses it, and Django's documents name it
                                   first
Authlib on Flask      gunicorn     Flask's documents name it first; Authlib names none
oidc-provider         Node's own   the example of its documents calls ``listen``
===================== ============ =====================================================

Tokens and secrets are stored as each does by default, with one exception:
django-oauth-toolkit hashes a client's secret with PBKDF2, which alone would take a hundred
times as long as a request. Here its secret is not hashed, which is an option of it, and its
fastest.
"""
