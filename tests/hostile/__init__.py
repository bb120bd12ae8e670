"""Peers that mean harm, against a whole fabric: nothing lost, nobody else served worse."""
