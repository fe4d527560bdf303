"""Settings of the course's own JupyterLab, beside those that everyone has."""

c = get_config()  # noqa: F821 - Jupyter Server provides it

# JupyterLab shows the formgrader in a frame, which the hub's own header forbids.
c.ServerApp.tornado_settings = {
    "headers": {"Content-Security-Policy": "frame-ancestors 'self'"},
}
