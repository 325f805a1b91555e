"""A model behind OpenAI's chat interface, and tools: scripted or recorded answers and times, modelled prompt caching.

A process of its own that needs a bare Python and nothing else: it also runs where no package is installed.
"""
