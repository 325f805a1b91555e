"""German and Dutch words by family, without accents."""

from __future__ import annotations

from typing import Final

GERMAN: Final = {
    "V": "ignoriere ignorier ignorieren ignoriert missachte missachten vergiss vergesst vergessen umgehe umgehen "
    "verwerfe verwirf uberschreibe uberschreiben missachtet vernachlassige ubergehe pfeif pfeife ausblenden blende "
    "hinweg",
    "v": "losche loschen entferne deaktiviere deaktivieren brich breche schalte hebe streiche beende lass",
    "P": "vorherigen vorherige vorigen bisherigen bisherige obigen obige oben vorangegangenen fruheren fruhere "
    "ursprunglichen zuvor vorher bisher vorstehenden gegebenen ersten davor vorangehenden",
    "Y": "deine deinen deiner deinem dein eure euren ihre ihren",
    "A": "alle allen aller jede jegliche samtliche saemtliche jeglichen samtlichen",
    "E": "alles",
    "O": "anweisungen anweisung instruktionen instruktion systemprompt systemprompts vorgaben vorgabe weisungen "
    "systemanweisung systemanweisungen anfangsanweisungen systemnachricht ausgangsprompt",
    "C": "regeln regel befehle befehl richtlinien auftrage aufgaben rolle grundregeln programmierung vorschriften "
    "anordnungen verhaltensregeln auftrag leitlinien",
    "G": "einschrankungen beschrankungen filter sicherheitsregeln sicherheitsvorkehrungen zensur moral ethik "
    "sicherheitsfilter schranken hemmungen ethischen inhaltsfilter schutzmassnahmen inhaltsrichtlinien tabus grenzen "
    "sicherheitsrichtlinien",
    "S": "geheimen geheime versteckten internen interne verborgenen vertraulichen",
    "X": "zeige zeig gib nenne verrate offenbare sag sage teile schreibe schreib drucke liste offenlege verrat nenn "
    "ausgeben poste",
    "L": "wiederhole wortlich wortwortlich wiederhol",
    "K": "passwort passworter kennwort zugangsdaten geheimnis schlussel kennworter",
    "k": "gesprachsverlauf chatverlauf kundendaten kontakte",
    "Z": "sende schicke leite ubermittle uberweise verschicke",
    "n": "nicht kein keine keinen keiner ohne nie niemals keinerlei frei keinem",
    "f": "befolge befolgen folge gehorche beachte gebunden halte gelten gilt folgst",
    "D": "uneingeschrankt uneingeschrankte uneingeschrankter unzensiert unzensierte unzensierter ungefiltert "
    "unmoralisch grenzenlos skrupellos ungefilterte uneingeschrankten",
    "R": "spiele tu verhalte agiere benimm schlupfe simuliere handle antworte",
    "y": "du dich dir ihr",
    "w": "jetzt nun ab sofort fortan",
    "M": "modus",
    "m": "entwicklermodus",
    "a": "ki assistent sprachmodell chatbot assistenten",
    "u": "nutzer benutzer anwender nutzern kunden",
    "T": "erwahne informiere erzahle melde erwahnen informieren mitzuteilen",
    "F": "verweigere ablehnen lehne entschuldige entschuldigung warnhinweise warnhinweis bedenken verweigern warnung",
    "H": "bombe bomben sprengstoff sprengsatz drogen gift waffe waffen schadsoftware erpressungstrojaner kokain "
    "falschgeld stehlen einbrechen rohrbombe",
    "h": "baue baut herstellen herstellt bauen anleitung schritte schritt herstellung bastelt rezept wie",
    "W": "geschichte roman hypothetisch fiktiv fiktiven oma grossmutter drehbuch theoretisch rollenspiel szene",
    "c": "beginne fange starte anfangen",
    "q": "naturlich klar selbstverstandlich",
    "r": "liest lesen verarbeitest zusammenfasst liesst auswertest verarbeitet",
    "i": "wenn falls sobald",
    "t": "textes dokument seite worte satz satze inhalt",
    "l": "was lautet lauten welche welchen",
    "p": "ungultig aufgehoben ausser hinfallig ausgesetzt gestrichen veraltet",
    "N": "neue neuen neuer",
    "J": "aufgabe ziel",
    "o": "viele manche er sie autofahrer schuler mitarbeiter kinder leute man kollegen menschen",
    "d": "angriff angriffe angreifer schwachstelle erkennt artikel aufsatz vortrag beispiel schulung fehlerbericht",
    "e": "dekodiere entschlussle entziffere dechiffriere",
    "x": "ausfuhren fuhre",
    "1": "mein meine meinen meiner meinem unsere unseren",
    "j": "mail email bestellung frage nachricht",
    "2": "bekommen gegeben erhalten erhaltenen",
    "9": "ein eine einen",
    "8": "gesagt gesagte gesagten",
    "0": "ich wir",
}

DUTCH: Final = {
    "V": "negeer negeren vergeet omzeil",
    "P": "vorige eerdere voorgaande bovenstaande",
    "Y": "jouw uw",
    "A": "alle",
    "E": "alles",
    "O": "instructies opdrachten aanwijzingen systeemprompt",
    "C": "regels",
    "G": "beperkingen filters veiligheidsregels",
    "X": "toon laat geef onthul",
    "L": "herhaal",
    "n": "geen zonder niet",
    "y": "je jij",
    "w": "nu voortaan",
    "R": "doe speel gedraag",
}
