"""A scripted model behind OpenAI's chat interface: chosen answers, seeded timings, modelled prompt caching.

A process of its own that needs a bare Python and nothing else: it also runs where no package is installed.
"""
