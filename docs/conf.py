"""The documentation's build: ``make docs``."""

from importlib.metadata import version as installed_version

project = "pyramid_oauth2"
author = "The pyramid_oauth2 developers"
copyright = "the pyramid_oauth2 developers"
release = version = installed_version("pyramid-oauth2-server")

extensions = ["myst_parser"]
myst_heading_anchors = 3
exclude_patterns = ["_build"]
nitpicky = True
# The addresses of make demo.
linkcheck_ignore = [r"http://localhost:\d+"]
highlight_language = "text"
pygments_style = "tango"
pygments_dark_style = "github-dark"

html_theme = "furo"
html_title = "pyramid_oauth2"
html_static_path = ["_static"]
html_css_files = ["site.css"]
html_copy_source = False
html_show_sphinx = False
html_theme_options = {
    "light_css_variables": {"color-brand-primary": "#8f2d14", "color-brand-content": "#8f2d14"},
    "dark_css_variables": {"color-brand-primary": "#f0a07f", "color-brand-content": "#f0a07f"},
}
