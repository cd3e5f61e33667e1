"""The rim to IPython and Jupyter: the session, magics, display and completion."""
