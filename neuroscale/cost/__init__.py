"""Who pays for accelerator time: its attribution to models, owners and cost centres, and what a change costs."""
