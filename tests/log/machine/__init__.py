"""Random worlds: routers, workers, operators and a controller, with every script and every mishap."""
