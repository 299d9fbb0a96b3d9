"""The actions service: NeuroScale's actions for Backstage and for curl."""
