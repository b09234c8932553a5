# SPDX-License-Identifier: GPL-3.0-or-later
"""The rehearsal: a loopback server that speaks the service's protocol, so that the whole flow runs free and offline.

server        RehearsalServer: starts and stops the rest; StandIn, the recipe that a renderer is given
protocol      which path and method means what, and in which words it is answered
wire          HTTP itself: hosts, lengths, limits, ranges
keys          who may ask: the key, and the upload tokens minted for it
storage       files that were uploaded or rendered, on disk; multipart: files that arrive in parts
queue         requests that wait, run and are answered, two at a time
records       a request on disk, so that it outlives the process
inspection    is a request within the schema and the model's limits

It imports the standard library and `core`, never bpy, and opens no connection of its own.
"""
