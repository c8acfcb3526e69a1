"""What is written in the demo: the author's issue and the reader's answer."""

from __future__ import annotations

SLUG = "herbstpost"
TITLE = "Herbstpost: Nebel, Pilze, leise Zeilen"

#: No linkbacks: the demo asks nothing of anyone outside this machine.
ISSUE = f"""---
title: "{TITLE}"
language: de
teaser: |
  Drei Fundstücke vom Wegrand, ein alter Satz über das Wandern und die Frage, warum Nebel so gut riecht.
tags: [Herbst, Krumme Wege]
linkbacks: false
---

Guten Morgen! Über dem Moor steht seit Tagen der Nebel, und wer früh genug losgeht, hat ihn ganz für sich.
Am Steg hängt ein Zettel: „Bitte leise, der Kranich schläft noch.“

> Man reist ja nicht, um anzukommen, sondern um unterwegs zu sein.
>
> - mit wenig Gepäck
> - mit viel Zeit

Das las ich auf einer Bank, und seitdem gehe ich langsamer. Drei Dinge, die ich dabei fand:

- eine [Karte der krummen Wege](https://wege.example/karte), von Hand gezeichnet
- einen Korb voller Pilze, die unsere Freund*innen besser kennen als ich
- das [Nebelmoor](https://moor.example/), im Oktober am schönsten

---

## Und sonst?

Der nächste Brief kommt, wenn das Laub unten ist. Schreibt mir, was bei euch am Wegrand liegt. #Herbst
"""

#: What has to stand on the page just so.
SURVIVES = ("<blockquote>", "„Bitte leise, der Kranich schläft noch.“", "<hr", 'href="https://moor.example/"')

REPLY = "Danke für das Nebelmoor! Bei uns am Wegrand: ein Handschuh, der winkt."
