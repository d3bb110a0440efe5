"""How well a model folder hears, through libvosk as the assistant uses it.

In: a model folder, people whom training did not hear. Out: figures and the model card.
"""
