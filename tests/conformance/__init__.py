"""A black-box suite of Knative's data-plane contract, for Poplin and for anything else."""
