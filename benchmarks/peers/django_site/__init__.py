"""django-oauth-toolkit, in a project as ``startproject`` makes it, without its pages."""
