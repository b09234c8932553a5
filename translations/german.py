# SPDX-License-Identifier: GPL-3.0-or-later
"""German: the words of Blender's own German interface, and those that German editors use for shot, take and prompt.

The editor is not addressed: remedies are infinitives, as Blender's are.
"""

from __future__ import annotations

GERMAN: dict[str, str] = {
    # ---- names of things
    "Reshoot": "Reshoot",
    "fal.ai": "fal.ai",
    "Prompt": "Prompt",
    "Shot": "Shot",
    "Element": "Element",
    "Image": "Bild",
    "The image file": "Die Bilddatei",
    "Reference": "Referenz",
    "References": "Referenzen",
    "View": "Ansicht",
    "Views": "Ansichten",
    "Job": "Auftrag",
    "The job's id": "Die Kennung des Auftrags",
    "Jobs": "Aufträge",
    "Takes": "Takes",
    "Journal": "Journal",
    "Kind": "Art",
    "Model": "Modell",
    "Source": "Quelle",
    "Strip": "Streifen",
    "Timeline": "Zeitleiste",
    "Timing": "Timing",
    "Automatic": "Automatisch",
    "Every Frame": "Jedes Einzelbild",
    "Real Time": "Echtzeit",
    "Sound": "Ton",
    "Silent": "Stumm",
    "Handles": "Überhang",
    "Land": "Ablage",
    "In Place": "An seiner Stelle",
    "On a Channel": "Auf einem Kanal",
    "Where a take is put": "Wohin ein Take gelegt wird",
    "What stands above the shot stays above its take; a further take replaces the one shown": (
        "Was über dem Shot steht, bleibt über seinem Take; ein weiterer Take ersetzt den gezeigten"
    ),
    "Each take is a strip of its own, on the nearest free channel above the shot": (
        "Jeder Take ist ein eigener Streifen, auf dem nächsten freien Kanal über dem Shot"
    ),
    "Options": "Optionen",
    "Folder": "Ordner",
    "Pages": "Seiten",
    "Direction": "Richtung",
    "Up": "Hoch",
    "Down": "Herunter",
    "Length": "Länge",
    "Picture": "Bild",
    "File": "Datei",
    "Service": "Dienst",
    "Rehearsal": "Probe",
    "The prompt": "Der Prompt",
    "The clip": "Der Clip",
    "A reference": "Eine Referenz",
    "The request": "Die Anfrage",
    "The rehearsal": "Die Probe",
    "The list of references": "Die Liste der Referenzen",
    "The frontal view of @Element{number}": "Die Frontalansicht von @Element{number}",
    "View {view} of @Element{number}": "Ansicht {view} von @Element{number}",
    "The request's “{name}”": "„{name}“ in der Anfrage",
    "none": "keine",
    "long": "breit",
    "tall": "hoch",
    # ---- the shot
    "“{shot}”": "„{shot}“",
    "What should change in which shot, and the button that sends it": (
        "Was sich in welchem Shot ändern soll, und der Knopf, der ihn sendet"
    ),
    "Fits": "Passt",
    "Fits · 1 note": "Passt · 1 Hinweis",
    "Fits · {count} notes": "Passt · {count} Hinweise",
    "How it is sent": "Wie gesendet wird",
    "Rehearse · free": "Proben · kostenlos",
    "Rehearse · free (would be ${price})": "Proben · kostenlos (sonst {price} $)",
    "Rehearse {count} · free (would be ${price})": "{count} proben · kostenlos (sonst {price} $)",
    "Open Reshoot's Preferences": "Einstellungen von Reshoot öffnen",
    "Open the Network Preferences": "Netzwerk-Einstellungen öffnen",
    "Elsewhere": "Anderswo",
    "an unsaved file": "eine ungesicherte Datei",
    "No jobs of this file": "Keine Jobs dieser Datei",
    "Reshoot (Rehearsal) · free": "Reshoot (Probe) · kostenlos",
    "Reshoot · ${price}": "Reshoot · {price} $",
    "Rehearse {count} · free": "{count} proben · kostenlos",
    "Reshoot {count} (Rehearsal) · free": "Reshoot {count} (Probe) · kostenlos",
    "Reshoot {count} · ${price}": "Reshoot {count} · {price} $",
    "{count} strips as one shot": "{count} Streifen als ein Shot",
    "{count} shots · {time}": "{count} Shots · {time}",
    "{looked_at} of {count} shots looked at": "{looked_at} von {count} Shots angesehen",
    "{fit} of {count} fit": "{fit} von {count} passen",
    "{count} in {parts} parts": "{count} in {parts} Teilen",
    "Not sent: {names}": "Wird nicht gesendet: {names}",
    "The selected image is no part of the shot:": "Das ausgewählte Bild ist kein Teil des Shots:",
    "{count} selected images are no part of the shots:": "{count} ausgewählte Bilder sind kein Teil der Shots:",
    "Variants": "Varianten",
    "Takes that one press makes of each shot; each is a request of its own, and is paid for": (
        "Takes, die ein Druck von jedem Shot macht; jeder ist eine eigene Anfrage und wird bezahlt"
    ),
    "Takes of each shot; the scene's number where it is not given": (
        "Takes von jedem Shot; ohne Angabe so viele, wie die Szene sagt"
    ),
    "Several Strips": "Mehrere Streifen",
    "What several selected strips are": "Was mehrere ausgewählte Streifen sind",
    "A Shot Each": "Je ein Shot",
    "Each strip with footage is sent as a shot of its own": (
        "Jeder Streifen mit Filmmaterial wird als eigener Shot gesendet"
    ),
    "One Shot": "Ein Shot",
    "The strips are sent as one shot, from the first to the last, without a gap": (
        "Die Streifen werden als ein Shot gesendet, vom ersten bis zum letzten, ohne Lücke"
    ),
    "{count} shots are selected; at most {most} are sent at one press.": (
        "{count} Shots sind ausgewählt; höchstens {most} werden auf einmal gesendet."
    ),
    "Select fewer of them, and send the others afterwards.": "Weniger auswählen und die anderen danach senden.",
    "The selected strips leave frame {first} open (between “{before}” and “{after}”).": (
        "Die ausgewählten Streifen lassen Einzelbild {first} offen (zwischen „{before}“ und „{after}“)."
    ),
    "The selected strips leave frames {first} to {last} open (between “{before}” and “{after}”).": (
        "Die ausgewählten Streifen lassen die Einzelbilder {first} bis {last} offen (zwischen „{before}“ und "
        "„{after}“)."
    ),
    "Select what lies there too, or send each strip as a shot of its own.": (
        "Auch auswählen, was dort liegt, oder jeden Streifen als eigenen Shot senden."
    ),
    "Reshoot Each": "Jeden neu drehen",
    "Send each selected strip with footage as a shot of its own, with the one prompt": (
        "Jeden ausgewählten Streifen mit Filmmaterial als eigenen Shot senden, alle mit demselben Prompt"
    ),
    "and {count} more": "und {count} weitere",
    "{frames}\u00a0frames, {seconds}\u00a0s": "{frames}\u00a0Einzelbilder, {seconds}\u00a0s",
    "{size}, {rate}\u00a0fps": "{size}, {rate}\u00a0fps",
    "Sent with the picture": "Wird mit dem Bild gesendet",
    "Not sent": "Wird nicht gesendet",
    "MP4, size known once exported": "MP4, Größe nach dem Export bekannt",
    "{kind}, {size}, not encoded again": "{kind}, {size}, nicht neu kodiert",
    "Send the selected strips with the prompt; each edited shot comes back as a strip above its own": (
        "Die ausgewählten Streifen mit dem Prompt senden; jeder bearbeitete Shot kommt als Streifen über seinem zurück"
    ),
    "There is no sequencer scene": "Es gibt keine Sequenzer-Szene",
    "Select the strip to reshoot in the sequencer.": (
        "Den Streifen, der neu gedreht werden soll, im Sequenzer auswählen."
    ),
    "No strip is selected.": "Kein Streifen ist ausgewählt.",
    "Only sound is selected; Reshoot edits pictures.": "Nur Ton ist ausgewählt; Reshoot bearbeitet Bilder.",
    "No image strip is selected.": "Kein Bildstreifen ist ausgewählt.",
    "Select the image strips that are to be references.": "Die Bildstreifen auswählen, die Referenzen werden sollen.",
    "The file of “{strip}” is missing: {path}.": "Die Datei von „{strip}“ fehlt: {path}.",
    "Find the file, or relink the strip to it.": "Die Datei suchen oder den Streifen neu mit ihr verknüpfen.",
    "The file “{file}” of “{strip}” cannot be read or is empty.": (
        "Die Datei „{file}“ von „{strip}“ ist nicht lesbar oder leer."
    ),
    "Restore the file, or relink the strip.": "Die Datei wiederherstellen oder den Streifen neu verknüpfen.",
    "The sound of the shot could not be mixed.": "Der Ton des Shots ließ sich nicht mischen.",
    "The file of “{strip}” cannot be read as a picture.": "Die Datei von „{strip}“ ist nicht als Bild lesbar.",
    "This Blender's sequencer shows no image in layers: save it as OpenEXR, not MultiLayer.": (
        "Der Sequenzer dieses Blenders zeigt kein Bild in Ebenen: als OpenEXR speichern, nicht als MultiLayer."
    ),
    "Where {scripts} changes pictures from frame to frame, they are sent standing still, since scripts of add-ons "
    "do not run where the shot is rendered: render the strip to a file first and send that.": (
        "Wo {scripts} Bilder von Frame zu Frame ändert, werden sie stehend gesendet, da Skripte von Add-ons dort nicht "
        "laufen, wo der Shot gerendert wird: den Streifen zuerst in eine Datei rendern und diese senden."
    ),
    "Replace the file, or relink the strip.": "Die Datei ersetzen oder den Streifen neu verknüpfen.",
    "The scene “{scene}” was not written out.": "Die Szene „{scene}“ wurde nicht geschrieben.",
    "The shot cannot be written to {folder}: {error}.": (
        "Der Shot kann nicht nach {folder} geschrieben werden: {error}."
    ),
    "Free some room or make the folder writable.": "Platz schaffen oder den Ordner beschreibbar machen.",
    # ---- settings
    "One picture, mentioned as @Image1": "Ein Bild, im Prompt @Image1",
    "A thing from several sides, mentioned as @Element1": "Ein Ding von mehreren Seiten, im Prompt @Element1",
    "What should change in the shot. Mention references as @Image1 or @Element1": (
        "Was sich im Shot ändern soll. Referenzen als @Image1 oder @Element1 nennen"
    ),
    "Prompt Text": "Prompt-Text",
    "A text that is sent as the prompt, in place of the field": (
        "Ein Text, der statt des Felds als Prompt gesendet wird"
    ),
    "The model that edits the shot": "Das Modell, das den Shot bearbeitet",
    "${rate} for each second sent": "{rate} $ je gesendeter Sekunde",
    "$0.168 for each second sent": "0,168 $ je gesendeter Sekunde",
    "$0.126 for each second sent": "0,126 $ je gesendeter Sekunde",
    "Which picture is sent": "Welches Bild gesendet wird",
    "The strip's own picture; the take gets its transform, crop, blend and fades": (
        "Das eigene Bild des Streifens; der Take erhält dessen Transformation, Beschnitt, Überblendung und Blenden"
    ),
    "What the viewer shows over the range": "Was die Vorschau über den Bereich zeigt",
    "How the shot's frames are sent": "Wie die Einzelbilder des Shots gesendet werden",
    "Every frame up to 30 fps, real time above": "Jedes Einzelbild bis 30 fps, darüber Echtzeit",
    "Each timeline frame is edited and comes back in its own place": (
        "Jedes Einzelbild der Zeitleiste wird bearbeitet und kommt an seinen Platz zurück"
    ),
    "The shot is sent at its own pace; the result comes back at the model's": (
        "Der Shot wird in seinem eigenen Tempo gesendet; das Ergebnis kommt in dem des Modells zurück"
    ),
    "What is heard while the take is shown": "Was zu hören ist, während der Take gezeigt wird",
    "Keep the Timeline's": "Den der Zeitleiste behalten",
    "Sound strips are not touched": "Klangstreifen bleiben unberührt",
    "From the Result": "Aus dem Ergebnis",
    "The result's sound; the shot's own is muted. Sent in real time": (
        "Der Ton des Ergebnisses; der eigene des Shots wird stummgeschaltet. Wird in Echtzeit gesendet"
    ),
    "The shot's own sound is muted": "Der eigene Ton des Shots wird stummgeschaltet",
    "Extra frames that are sent before and after the shot and trimmed off the take": (
        "Zusätzliche Einzelbilder, die vor und nach dem Shot gesendet und vom Take abgeschnitten werden"
    ),
    "Active Reference": "Aktive Referenz",
    "The reference that is chosen in the list": "Die Referenz, die in der Liste gewählt ist",
    # ---- preferences
    "fal.ai Key": "fal.ai-Schlüssel",
    "Your key for fal.ai. It is kept in Blender's preferences, never in a .blend file. Where it is empty, the "
    "environment variable FAL_KEY is used": (
        "Der Schlüssel für fal.ai. Er liegt in den Benutzereinstellungen von Blender, nie in einer .blend-Datei. Ist "
        "das "
        "Feld leer, gilt die Umgebungsvariable FAL_KEY"
    ),
    "Where shots are sent": "Wohin Shots gesendet werden",
    "fal.ai where there is a key, rehearsal without one": "fal.ai, wenn es einen Schlüssel gibt, sonst eine Probe",
    "The real service; every press costs the price that is shown": (
        "Der echte Dienst; jeder Druck kostet den angezeigten Preis"
    ),
    "A stand-in on this computer: free, offline, plainly labelled": (
        "Ein Ersatz auf diesem Computer: kostenlos, offline, deutlich gekennzeichnet"
    ),
    "Keep Sent Clips": "Gesendete Clips behalten",
    "Keep the files that were sent after their take is placed, until the job is dismissed": (
        "Die gesendeten Dateien nach dem Einsetzen des Takes behalten, bis der Auftrag entfernt wird"
    ),
    "Ask Above ($)": "Nachfragen ab ($)",
    "Ask before sending what costs more than so many US dollars": (
        "Vor dem Senden nachfragen, wenn es mehr als so viele US-Dollar kostet"
    ),
    "Limit per Day ($)": "Grenze je Tag ($)",
    "Send nothing that would bring a day's spending above so many US dollars; 0 for no limit": (
        "Nichts senden, was die Ausgaben eines Tages über so viele US-Dollar bringt; 0 für keine Grenze"
    ),
    "Limit per Project ($)": "Grenze je Projekt ($)",
    "Send nothing that would bring a project's spending above so many US dollars; 0 for no limit": (
        "Nichts senden, was die Ausgaben eines Projekts über so viele US-Dollar bringt; 0 für keine Grenze"
    ),
    "Keep Uploads": "Hochgeladenes behalten",
    "How long fal.ai keeps the files that are sent. Whoever has their address can fetch them": (
        "Wie lange fal.ai die gesendeten Dateien behält. Wer ihre Adresse hat, kann sie abrufen"
    ),
    "1 Day": "1 Tag",
    "7 Days": "7 Tage",
    "30 Days": "30 Tage",
    "Until Deleted": "Bis zum Löschen",
    "As fal.ai keeps them by itself": "Wie fal.ai sie von sich aus behält",
    "0 for no limit. By the price table: the service tells no amounts. Nothing spent yet": (
        "0 für keine Grenze. Nach der Preistabelle: Der Dienst nennt keine Beträge. Noch nichts ausgegeben"
    ),
    "Estimated by the price table: ${today} today, ${all} in all": (
        "Geschätzt nach der Preistabelle: heute {today} $, insgesamt {all} $"
    ),
    "{project}: ${amount}": "{project}: {amount} $",
    "Save as CSV…": "Als CSV speichern…",
    "Save Spending as CSV": "Ausgaben als CSV speichern",
    "Save what was spent, estimated by the price table, as a table with a line for each submission": (
        "Die nach der Preistabelle geschätzten Ausgaben als Tabelle mit einer Zeile je Übermittlung speichern"
    ),
    "{path} cannot be written: {error}. Choose another folder.": (
        "{path} kann nicht geschrieben werden: {error}. Einen anderen Ordner wählen."
    ),
    "The spending is in {path}": "Die Ausgaben stehen in {path}",
    "Test": "Testen",
    "Get a Key": "Schlüssel holen",
    "Allow Online Access": "Allow Online Access",
    "Shortcuts over the Timeline": "Tastenkürzel über der Zeitleiste",
    "The environment variable RESHOOT_SERVICE_URL sends shots to {url}": (
        "Die Umgebungsvariable RESHOOT_SERVICE_URL sendet Shots an {url}"
    ),
    "fal.ai edits the shot. The button shows the price before you press it": (
        "fal.ai bearbeitet den Shot. Der Knopf zeigt den Preis, bevor er gedrückt wird"
    ),
    "Rehearsals are free and stay on this computer: no key, no network. All goes as it would for real, but the result "
    "is a stand-in, marked REHEARSAL": (
        "Proben sind kostenlos und bleiben auf diesem Computer: kein Schlüssel, kein Netz. Alles läuft wie im "
        "Ernstfall, "
        "aber das Ergebnis ist ein Ersatz mit dem Vermerk REHEARSAL"
    ),
    "Kept in Blender's preferences on this computer, never in a .blend file": (
        "Liegt in den Benutzereinstellungen von Blender auf diesem Computer, nie in einer .blend-Datei"
    ),
    "The key of the environment variable FAL_KEY is in use": "Der Schlüssel der Umgebungsvariable FAL_KEY wird benutzt",
    "fal.ai gives you a key; without one Reshoot rehearses": (
        "Einen Schlüssel gibt es bei fal.ai; ohne einen probt Reshoot"
    ),
    "Blender is offline: only rehearsals work": "Blender ist offline: nur Proben sind möglich",
    "Once the project is saved: in a folder “reshoot” beside it": (
        "Sobald das Projekt gespeichert ist: in einem Ordner „reshoot“ daneben"
    ),
    "New here? Rehearse a strip of {least} to {most} seconds: it is free, needs no key and shows how a take comes "
    "back.": (
        "Neu hier? Einen Streifen von {least} bis {most} Sekunden proben: Das ist kostenlos, braucht keinen Schlüssel "
        "und zeigt, wie ein Take zurückkommt."
    ),
    "For real results enter a key for fal.ai in the preferences.": (
        "Für echte Ergebnisse einen Schlüssel für fal.ai in den Benutzereinstellungen eintragen."
    ),
    "Asking…": "Wird gefragt…",
    "The key works": "Der Schlüssel funktioniert",
    "Test Key": "Schlüssel testen",
    "Ask the service whether the key works; this is free and sends no shot": (
        "Den Dienst fragen, ob der Schlüssel funktioniert; das ist kostenlos und sendet keinen Shot"
    ),
    "The service is being asked. Wait for its answer": "Der Dienst wird gefragt. Auf seine Antwort warten",
    "Open Folder": "Ordner öffnen",
    "Show the folder in the system's file browser": "Den Ordner im Dateibrowser des Systems zeigen",
    "The takes of the open file, with their receipts": "Die Takes der offenen Datei mit ihren Belegen",
    "The journal, unfinished jobs, and the takes of files without a name": (
        "Das Journal, unfertige Aufträge und die Takes von Dateien ohne Namen"
    ),
    "The folder {folder} cannot be made: {error}. Make its parent writable.": (
        "Der Ordner {folder} kann nicht angelegt werden: {error}. Den übergeordneten Ordner beschreibbar machen."
    ),
    # ---- the service and its key
    "There is no key for the service.": "Es gibt keinen Schlüssel für den Dienst.",
    "Enter a key in Reshoot's preferences.": "In den Benutzereinstellungen von Reshoot einen Schlüssel eintragen.",
    "The key has characters that no key has.": "Der Schlüssel hat Zeichen, die kein Schlüssel hat.",
    "Copy the key again, without spaces around it.": (
        "Den Schlüssel erneut kopieren, ohne Leerzeichen davor und danach."
    ),
    "The service's address “{url}” cannot be used.": "Die Adresse „{url}“ des Diensts ist nicht nutzbar.",
    "Set RESHOOT_SERVICE_URL to an https address, or to http on this computer.": (
        "RESHOOT_SERVICE_URL auf eine https-Adresse setzen, oder auf http auf diesem Computer."
    ),
    "Blender is not allowed to go online.": "Blender darf nicht online gehen.",
    "Allow it in Preferences > System > Network, then retry.": (
        "In Einstellungen > System > Network erlauben, dann wiederholen."
    ),
    "Allow it in Preferences > System > Network > Allow Online Access, or unset RESHOOT_SERVICE_URL.": (
        "In Einstellungen > System > Network > Allow Online Access erlauben, oder RESHOOT_SERVICE_URL nicht setzen."
    ),
    "Allow it in Preferences > System > Network > Allow Online Access, or choose the service “Rehearsal”.": (
        "In Einstellungen > System > Network > Allow Online Access erlauben, oder den Dienst „Probe“ wählen."
    ),
    "Allow it in Preferences > System > Network > Allow Online Access, or rehearse without a key.": (
        "In Einstellungen > System > Network > Allow Online Access erlauben, oder ohne Schlüssel proben."
    ),
    "There is no key for fal.ai.": "Es gibt keinen Schlüssel für fal.ai.",
    "Enter it in Preferences > Add-ons > Reshoot, then retry.": (
        "In Einstellungen > Add-Ons > Reshoot eintragen, dann wiederholen."
    ),
    "Enter your key in Preferences > Add-ons > Reshoot, or choose the service “Rehearsal”.": (
        "Den Schlüssel in Einstellungen > Add-Ons > Reshoot eintragen, oder den Dienst „Probe“ wählen."
    ),
    "Make one at fal.ai/dashboard/keys and enter it above.": (
        "Bei fal.ai/dashboard/keys einen anlegen und oben eintragen."
    ),
    "RESHOOT_SERVICE_URL is set to {url}, but FAL_KEY is not.": (
        "RESHOOT_SERVICE_URL ist auf {url} gesetzt, FAL_KEY aber nicht."
    ),
    "The job belongs to the service {url}, which is not in use now: it was not asked.": (
        "Der Auftrag gehört zum Dienst {url}, der jetzt nicht benutzt wird: Er wurde nicht gefragt."
    ),
    "Set RESHOOT_SERVICE_URL to {url} again, and FAL_KEY to the key of that service, then retry.": (
        "RESHOOT_SERVICE_URL wieder auf {url} setzen und FAL_KEY auf den Schlüssel dieses Diensts, dann wiederholen."
    ),
    "Set FAL_KEY to the key of that service.": "FAL_KEY auf den Schlüssel dieses Diensts setzen.",
    "The network settings of this computer cannot be used.": (
        "Die Netzwerkeinstellungen dieses Computers sind unbrauchbar."
    ),
    "Check the proxy settings (HTTPS_PROXY, ALL_PROXY).": "Die Proxy-Einstellungen prüfen (HTTPS_PROXY, ALL_PROXY).",
    "This computer does not trust the certificate of {host} ({why}), so nothing was sent there.": (
        "Dieser Rechner vertraut dem Zertifikat von {host} nicht ({why}), darum wurde dorthin nichts gesendet."
    ),
    "This computer does not trust the certificate of {host} ({why}).": (
        "Dieser Rechner vertraut dem Zertifikat von {host} nicht ({why})."
    ),
    "If your network reads encrypted connections, have its certificate put into this computer's store, or name its "
    "file in SSL_CERT_FILE and restart Blender; otherwise check this computer's date.": (
        "Liest das Netzwerk verschlüsselte Verbindungen mit, dessen Zertifikat in den Speicher dieses Rechners "
        "aufnehmen lassen oder seine Datei in SSL_CERT_FILE nennen und Blender neu starten; sonst das Datum prüfen."
    ),
    "The certificates that {variable} names cannot be read: {path} ({error}).": (
        "Die Zertifikate, die {variable} nennt, sind nicht lesbar: {path} ({error})."
    ),
    "Correct {variable} or remove it, then restart Blender.": (
        "{variable} berichtigen oder entfernen, dann Blender neu starten."
    ),
    "The part that talks to the service (fal_client) does not load: {cause}.": (
        "Der Teil, der mit dem Dienst spricht (fal_client), lädt nicht: {cause}."
    ),
    "Install Reshoot again from its zip and restart Blender.": (
        "Reshoot erneut aus seinem Zip installieren und Blender neu starten."
    ),
    # ---- the prompt
    "What should change?": "Was soll sich ändern?",
    "What should change; the scene's prompt where it is empty": (
        "Was sich ändern soll; ist es leer, gilt der Prompt der Szene"
    ),
    "Recent Prompts": "Letzte Prompts",
    "Prompts of your jobs appear here": "Hier erscheinen die Prompts der Aufträge",
    "Edit Prompt": "Prompt bearbeiten",
    "Write the prompt where there is room": "Den Prompt dort schreiben, wo Platz ist",
    "Done": "Fertig",
    "Edit Prompt as Text": "Prompt als Text bearbeiten",
    "Write the prompt in a text editor, with as many lines as it needs": (
        "Den Prompt in einem Texteditor schreiben, mit so vielen Zeilen wie nötig"
    ),
    "Edit Prompt in the Field": "Prompt im Feld bearbeiten",
    "Write the prompt in the field again; the text stays in the file": (
        "Den Prompt wieder im Feld schreiben; der Text bleibt in der Datei"
    ),
    "Use Prompt": "Prompt verwenden",
    "Use the prompt of this job again": "Den Prompt dieses Auftrags wieder verwenden",
    "Insert Token": "Kürzel einfügen",
    "Append the reference's token to the prompt": "Das Kürzel der Referenz an den Prompt anhängen",
    "{token} is no reference": "{token} ist keine Referenz",
    "Sent, but not mentioned: {tokens}": "Gesendet, aber nicht genannt: {tokens}",
    "{count} of {limit} characters": "{count} von {limit} Zeichen",
    "The text is empty": "Der Text ist leer",
    "The prompt is empty.": "Der Prompt ist leer.",
    "Describe what should change in the shot.": "Beschreiben, was sich im Shot ändern soll.",
    "The prompt mentions {token}, but there is no such reference (there are: {tokens}).": (
        "Der Prompt nennt {token}, aber diese Referenz gibt es nicht (es gibt: {tokens})."
    ),
    "Add the reference, or take the mention out of the prompt.": (
        "Die Referenz hinzufügen oder die Nennung aus dem Prompt nehmen."
    ),
    "The prompt has {count} characters; at most {limit} are allowed.": (
        "Der Prompt hat {count} Zeichen; höchstens {limit} sind erlaubt."
    ),
    "Shorten it by {count} characters.": "Um {count} Zeichen kürzen.",
    "“{strip}” may be brighter than white, which is cut off: where its take is faded, it looks darker than the shot": (
        "„{strip}“ kann heller als Weiß sein, das wird abgeschnitten: wo sein Take blendet, ist er dunkler als der Shot"
    ),
    "What is selected is not what was asked about any more.": (
        "Was ausgewählt ist, ist nicht mehr das, wonach gefragt wurde."
    ),
    "Send it again.": "Noch einmal senden.",
    "{token} is sent, but the prompt does not mention it": "{token} wird gesendet, aber der Prompt nennt es nicht",
    # ---- references
    "Images that are sent along": "Bilder, die mitgesendet werden",
    "Add Reference": "Referenz hinzufügen",
    "Add as Image Reference": "Als Bild-Referenz hinzufügen",
    "Add as Element Reference": "Als Element-Referenz hinzufügen",
    "Add Views from Selected Strips": "Ansichten aus ausgewählten Streifen hinzufügen",
    "Add Views from Files...": "Ansichten aus Dateien hinzufügen...",
    "Change to Image": "In Bild ändern",
    "Change to Element": "In Element ändern",
    "From Selected Strips": "Aus ausgewählten Streifen",
    "From Files...": "Aus Dateien...",
    "From Current Frame": "Vom aktuellen Einzelbild",
    "Make the selected image strips references, in timeline order": (
        "Die ausgewählten Bildstreifen zu Referenzen machen, in der Folge der Zeitleiste"
    ),
    "Each is one picture: @Image1": "Jedes ist ein Bild: @Image1",
    "Together they are one thing: the first is its frontal view: @Element1": (
        "Zusammen sind sie ein Ding: Das erste ist seine Frontalansicht: @Element1"
    ),
    "Add Views": "Ansichten hinzufügen",
    "Add the selected image strips to the active element as further views": (
        "Die ausgewählten Bildstreifen dem aktiven Element als weitere Ansichten hinzufügen"
    ),
    "Choose an element in the list first": "Erst ein Element in der Liste wählen",
    "Add Frame as Reference": "Einzelbild als Referenz hinzufügen",
    "Make the frame under the playhead a reference": "Das Einzelbild unter dem Abspielkopf zu einer Referenz machen",
    "Remove Reference": "Referenz entfernen",
    "Take the active reference off the list; its file stays": (
        "Die aktive Referenz aus der Liste nehmen; ihre Datei bleibt"
    ),
    "Move Reference": "Referenz verschieben",
    "Move the active reference; the tokens in the prompt follow": (
        "Die aktive Referenz verschieben; die Kürzel im Prompt folgen"
    ),
    "Change Kind": "Art ändern",
    "Make the active image an element, or the active element an image; the tokens in the prompt follow": (
        "Das aktive Bild zum Element machen oder das aktive Element zum Bild; die Kürzel im Prompt folgen"
    ),
    "An image has one view: remove the others first": "Ein Bild hat eine Ansicht: erst die anderen entfernen",
    "Add Reference Files": "Referenzdateien hinzufügen",
    "Add image files as references": "Bilddateien als Referenzen hinzufügen",
    "Each is one more view of the active element": "Jedes ist eine weitere Ansicht des aktiven Elements",
    "No file is chosen. Choose one or more images.": "Keine Datei ist gewählt. Ein oder mehrere Bilder wählen.",
    "Reshoot Reference": "Reshoot-Referenz",
    "Remove View": "Ansicht entfernen",
    "Take this view off the element; its file stays": "Diese Ansicht vom Element nehmen; ihre Datei bleibt",
    "Make Frontal View": "Zur Frontalansicht machen",
    "Make this the element's frontal view, the first that the model is shown": (
        "Dies zur Frontalansicht des Elements machen, der ersten, die das Modell zu sehen bekommt"
    ),
    "{count} references would be too many: images and elements together may be at most {limit}.": (
        "{count} Referenzen wären zu viele: Bilder und Elemente zusammen dürfen höchstens {limit} sein."
    ),
    "Remove one first, or select fewer images.": "Erst eine entfernen oder weniger Bilder auswählen.",
    "The element has {count} views; an image has one.": "Das Element hat {count} Ansichten; ein Bild hat eine.",
    "Remove the other views first.": "Erst die anderen Ansichten entfernen.",
    "An element would have {count} further views; at most {limit} are taken.": (
        "Ein Element hätte {count} weitere Ansichten; höchstens {limit} werden angenommen."
    ),
    "Select fewer images.": "Weniger Bilder auswählen.",
    "There are {count} images; the model takes at most {limit}.": (
        "Es gibt {count} Bilder; das Modell nimmt höchstens {limit}."
    ),
    "There are {count} elements; the model takes at most {limit}.": (
        "Es gibt {count} Elemente; das Modell nimmt höchstens {limit}."
    ),
    "“{model}” is no longer among the models of Reshoot.": "„{model}“ gehört nicht mehr zu den Modellen von Reshoot.",
    "Nothing was charged: choose another model and send the shot again.": (
        "Es wurde nichts berechnet: Ein anderes Modell wählen und den Shot erneut senden."
    ),
    "“{model}” is a model that this Reshoot does not know.": (
        "„{model}“ ist ein Modell, das dieses Reshoot nicht kennt."
    ),
    "Update Reshoot, then retry; or dismiss the job.": (
        "Reshoot aktualisieren, dann erneut versuchen; oder den Auftrag entfernen."
    ),
    "There are {count} references; images and elements together may be at most {limit}.": (
        "Es sind {count} Referenzen; Bilder und Elemente zusammen dürfen höchstens {limit} sein."
    ),
    "Remove {count} of them.": "{count} davon entfernen.",
    "{token} has {count} further views; an element needs {least} to {most} beside its frontal view.": (
        "{token} hat {count} weitere Ansichten; ein Element braucht {least} bis {most} neben seiner Frontalansicht."
    ),
    "Add a view of the same thing from another side, or make it an image.": (
        "Eine Ansicht desselben Dings von einer anderen Seite hinzufügen oder es zu einem Bild machen."
    ),
    "“{file}” ({token}) is not an image that can be read.": "„{file}“ ({token}) ist kein lesbares Bild.",
    "The reference “{file}” is not an image that can be read.": "Die Referenz „{file}“ ist kein lesbares Bild.",
    "Choose a PNG or JPEG file.": "Eine PNG- oder JPEG-Datei wählen.",
    "Choose a PNG or JPEG file, or save it again.": "Eine PNG- oder JPEG-Datei wählen oder sie erneut speichern.",
    "“{file}” ({token}) cannot be read: {error}.": "„{file}“ ({token}) ist nicht lesbar: {error}.",
    "Restore the file, or remove the reference.": "Die Datei wiederherstellen oder die Referenz entfernen.",
    "“{file}” ({token}) is {size:.1f} MB; at most {limit} MB are taken.": (
        "„{file}“ ({token}) hat {size:.1f} MB; höchstens {limit} MB werden angenommen."
    ),
    "Save it smaller, or as JPEG.": "Kleiner oder als JPEG speichern.",
    "“{file}” ({token}) is {width}×{height}; each side must be at least {least} pixels.": (
        "„{file}“ ({token}) hat {width}×{height}; jede Seite muss mindestens {least} Pixel haben."
    ),
    "Choose a larger image.": "Ein größeres Bild wählen.",
    "“{file}” ({token}) has the aspect {aspect:.3f} (width by height); {least:.2f} to {most:.2f} is taken: "
    "it is too {shape}.": (
        "„{file}“ ({token}) hat das Seitenverhältnis {aspect:.3f} (Breite zu Höhe); {least:.2f} bis {most:.2f} wird "
        "angenommen: Es ist zu {shape}."
    ),
    "Crop it.": "Beschneiden.",
    # ---- fitting the shot to the limits
    "Scaled {width}×{height} to {new_width}×{new_height}": "Von {width}×{height} auf {new_width}×{new_height} skaliert",
    "Sent with what is below it, which shows through": "Mit dem gesendet, was darunter liegt und durchscheint",
    "Frames added so that the result's meet the shot's: {before} before, {after} after": (
        "Bilder ergänzt, damit die des Ergebnisses auf die des Shots fallen: {before} davor, {after} danach"
    ),
    "{frames} frames more on each side, trimmed off again": (
        "{frames} Einzelbilder mehr auf jeder Seite, werden wieder abgeschnitten"
    ),
    "Every frame sent, labelled {fps} fps instead of {before}": (
        "Jedes Einzelbild gesendet, als {fps} fps statt {before} ausgezeichnet"
    ),
    "Rate brought from {before} to {fps} fps": "Bildrate von {before} auf {fps} fps gebracht",
    "Real time instead of every frame, so that the result's sound keeps its pace": (
        "Echtzeit statt jedes Einzelbilds, damit der Ton des Ergebnisses sein Tempo behält"
    ),
    "The result has {frames} frames for {sent}": "Das Ergebnis hat {frames} Einzelbilder für {sent}",
    "{frames} frames at {fps} fps laid over {sent} frames": "{frames} Einzelbilder mit {fps} fps über {sent} gelegt",
    "The picture is {width}×{height}: no size of that shape has both sides within {least} to {most} pixels.": (
        "Das Bild hat {width}×{height}: Keine Größe dieser Form hat beide Seiten zwischen {least} und {most} Pixel."
    ),
    "Crop the picture, or send the timeline instead of the strip.": (
        "Das Bild beschneiden oder die Zeitleiste statt des Streifens senden."
    ),
    "{handles} frames on each side leave no room in clips of {least:g} to {most:g} s.": (
        "{handles} Einzelbilder auf jeder Seite lassen in Clips von {least:g} bis {most:g} s keinen Platz."
    ),
    "Use fewer handles.": "Weniger Überhang wählen.",
    "“{name}” is {frames} frames long: it would be sent as {count} parts; at most {most} are taken.": (
        "„{name}“ ist {frames} Einzelbilder lang und würde in {count} Teilen gesendet; höchstens {most} gehen."
    ),
    "Cut it and send the pieces one by one.": "Zerschneiden und die Stücke einzeln senden.",
    "Sent as {count} parts of {least} to {most} frames, placed as one strip": (
        "In {count} Teilen von {least} bis {most} Einzelbildern gesendet, als ein Streifen abgelegt"
    ),
    "Parts dissolved over {frames} frames where no cut parts them: {count}×": (
        "Teile über {frames} Einzelbilder überblendet, wo kein Schnitt sie trennt: {count}×"
    ),
    "Lengthened to {least:g} s: {before} frames before and {after} after, trimmed off again": (
        "Auf {least:g} s verlängert: {before} Einzelbilder davor und {after} danach, wieder abgeschnitten"
    ),
    "{frames} of them hold the picture still: there is no more of it": (
        "{frames} davon halten das Bild an: mehr gibt es davon nicht"
    ),
    "The take of “{shot}” was put right, as the list of jobs tells": (
        "Der Take von „{shot}“ wurde berichtigt, wie die Liste der Aufträge sagt"
    ),
    "The take of “{shot}” could be put right, but its strip was changed meanwhile.": (
        "Der Take von „{shot}“ könnte berichtigt werden, aber sein Streifen wurde inzwischen geändert."
    ),
    "Delete the strip and place the take again from the list of jobs.": (
        "Den Streifen löschen und den Take aus der Liste der Aufträge neu einsetzen."
    ),
    "The sound of “{strip}” is turned off": "Der Ton von „{strip}“ ist ausgeschaltet",
    "{shot}, part {number} of {count}": "{shot}, Teil {number} von {count}",
    "Choose the timing “Every Frame”.": "Das Timing „Jedes Einzelbild“ wählen.",
    "Encoded again to stay under {limit} MB": "Neu kodiert, um unter {limit} MB zu bleiben",
    "“{file}” is cut off: {intact} of its {frames} frames are there, and “{strip}” shows more of them.": (
        "„{file}“ ist abgeschnitten: {intact} ihrer {frames} Bilder sind da, und „{strip}“ zeigt mehr davon."
    ),
    "Copy the file again from where it came from, or shorten the strip.": (
        "Kopiere die Datei noch einmal von dort, woher sie kam, oder kürze den Streifen."
    ),
    "Sent without encoding it again": "Ohne neue Kodierung gesendet",
    "Sent without encoding it again, labelled {fps} fps": "Ohne neue Kodierung gesendet, als {fps} fps ausgezeichnet",
    "Sent without encoding it again, cut out of the file": "Ohne neue Kodierung gesendet, aus der Datei geschnitten",
    "Sent without encoding it again, cut out of the file and labelled {fps} fps": (
        "Ohne neue Kodierung gesendet, aus der Datei geschnitten und als {fps} fps ausgezeichnet"
    ),
    "The clip holds {frames} frames at {fps} fps; planned were {planned} at {planned_fps}.": (
        "Der Clip enthält {frames} Einzelbilder mit {fps} fps; geplant waren {planned} mit {planned_fps}."
    ),
    "Try again; if it stays so, send the timeline instead of the strip.": (
        "Erneut versuchen; bleibt es so, die Zeitleiste statt des Streifens senden."
    ),
    "The clip is {size:.1f} MB; at most {limit} MB are taken.": (
        "Der Clip hat {size:.1f} MB; höchstens {limit} MB werden angenommen."
    ),
    "Shorten the shot.": "Den Shot kürzen.",
    "The clip is {width}×{height}; each side must be {least} to {most} pixels.": (
        "Der Clip hat {width}×{height}; jede Seite muss {least} bis {most} Pixel haben."
    ),
    "Send the timeline instead of the strip.": "Die Zeitleiste statt des Streifens senden.",
    "The clip runs at {fps} fps; {least} to {most} are taken.": (
        "Der Clip läuft mit {fps} fps; {least} bis {most} werden angenommen."
    ),
    "The clip lasts {seconds:.2f} s; {least:g} to {most:g} s are taken.": (
        "Der Clip dauert {seconds:.2f} s; {least:g} bis {most:g} s werden angenommen."
    ),
    "Lengthen or shorten the shot.": "Den Shot verlängern oder kürzen.",
    "The rendered clip cannot be given its rate: {error}.": (
        "Der gerenderte Clip kann seine Bildrate nicht erhalten: {error}."
    ),
    "The colour configuration in use has no view that shows footage as it is.": (
        "Die verwendete Farbkonfiguration hat keine Ansicht, die Material zeigt, wie es ist."
    ),
    "Give it one, such as “Un-tone-mapped”, or use Blender's own.": (
        "Ihr eine geben, etwa „Un-tone-mapped“, oder die von Blender verwenden."
    ),
    "The rendered clip cannot be read back: {error}.": "Der gerenderte Clip ist nicht lesbar: {error}.",
    "Check the room on disk and try again.": "Den Platz auf der Platte prüfen und erneut versuchen.",
    # ---- the background Blender
    "The background Blender could not be started: {error}.": "Der Hintergrund-Blender konnte nicht starten: {error}.",
    "Check that Blender's program file is where it was installed.": (
        "Prüfen, ob Blenders Programmdatei dort liegt, wo sie installiert wurde."
    ),
    "The background Blender was stopped.": "Der Hintergrund-Blender wurde angehalten.",
    "The background Blender ended with code {code} before it was done. Its last words: {tail}": (
        "Der Hintergrund-Blender endete mit Code {code}, bevor er fertig war. Seine letzten Worte: {tail}"
    ),
    "Try again; the whole log is {log}.": "Erneut versuchen; das ganze Protokoll ist {log}.",
    "“{strip}” goes through the compositor, and the background Blender crashed as it began to draw it.": (
        "„{strip}“ geht durch den Compositor, und der Hintergrund-Blender ist abgestürzt, als er es zu zeichnen begann."
    ),
    "“{strip}” shows a 3D scene in {engine}, and the background Blender crashed as it began to draw it.": (
        "„{strip}“ zeigt eine 3D-Szene in {engine}, und der Hintergrund-Blender ist abgestürzt, als er sie zu zeichnen "
        "begann."
    ),
    "Without a window it finds no graphics driver: install libEGL and its driver (Debian, Ubuntu: apt install libegl1 "
    "libgl1-mesa-dri), or put a movie or images in its place, then try again.": (
        "Ohne Fenster findet er keinen Grafiktreiber: libEGL samt Treiber installieren (Debian, Ubuntu: apt install "
        "libegl1 libgl1-mesa-dri) oder einen Film oder Bilder an seine Stelle setzen, dann erneut versuchen."
    ),
    "Update the graphics driver, or put a movie or images in its place, then try again; the whole log is {log}.": (
        "Den Grafiktreiber aktualisieren oder einen Film oder Bilder an seine Stelle setzen, dann erneut versuchen; "
        "das ganze Protokoll ist {log}."
    ),
    # ---- jobs
    "What was sent and what became of it": "Was gesendet wurde und was daraus wurde",
    "No jobs yet": "Noch keine Aufträge",
    "{first} to {end} of {count}": "{first} bis {end} von {count}",
    "{size}\u00a0MB sent": "{size}\u00a0MB gesendet",
    "{seconds}\u00a0s": "{seconds}\u00a0s",
    "{minutes}\u00a0min {seconds}\u00a0s": "{minutes}\u00a0min {seconds}\u00a0s",
    "{hours}\u00a0h {minutes}\u00a0min": "{hours}\u00a0h {minutes}\u00a0min",
    "free": "kostenlos",
    "${price}": "{price} $",
    "nothing charged": "nichts berechnet",
    "${price}, perhaps charged": "{price} $, vielleicht berechnet",
    "Waiting to export": "Wartet auf den Export",
    "Waiting": "Wartet",
    "Exporting": "Exportiert",
    "Exporting frame {done} of {total}": "Exportiert Einzelbild {done} von {total}",
    "Uploading": "Lädt hoch",
    "Uploading the clip": "Lädt den Clip hoch",
    "Uploading the references": "Lädt die Referenzen hoch",
    "Submitting": "Übermittelt",
    "In the service's queue": "In der Warteschlange des Diensts",
    "Queued": "In der Warteschlange",
    "Queued, {count} ahead": "In der Warteschlange, {count} davor",
    "In progress": "In Arbeit",
    "Downloading": "Lädt herunter",
    "Finished; waits to be placed": "Fertig; wartet auf das Einsetzen",
    "Finished": "Fertig",
    "In the timeline": "In der Zeitleiste",
    "Failed": "Fehlgeschlagen",
    "Cancelled": "Abgebrochen",
    "Cancelling": "Wird abgebrochen",
    "Waits for the disk of its take": "Wartet auf die Platte seines Takes",
    "The disk with the take of “{shot}” has not answered for {seconds:.0f} s.": (
        "Die Platte mit dem Take von „{shot}“ antwortet seit {seconds:.0f} s nicht."
    ),
    "The disk with the take of “{shot}” has not answered yet.": (
        "Die Platte mit dem Take von „{shot}“ hat noch nicht geantwortet."
    ),
    "Show it again in a moment.": "Zeigen Sie ihn gleich noch einmal.",
    "See whether {folder} can be opened, then place the take again from the list of jobs.": (
        "Nachsehen, ob sich {folder} öffnen lässt, dann den Take aus der Liste der Aufträge noch einmal einsetzen."
    ),
    "The disk with the folder {folder} does not answer. See whether it can be opened.": (
        "Die Platte mit dem Ordner {folder} antwortet nicht. Nachsehen, ob er sich öffnen lässt."
    ),
    "Unsure whether it was accepted": "Unsicher, ob angenommen",
    "Unsure": "Unsicher",
    "Held": "Zurückgehalten",
    "Held: not sent from here": "Zurückgehalten: nicht von hier gesendet",
    "${price} if it is sent": "{price} $, falls gesendet",
    "1 job is held, since Reshoot's folder was copied or restored. Retry sends it, which is safe where Reshoot "
    "runs nowhere else; Dismiss gives it up here.": (
        "1 Auftrag wird zurückgehalten, da Reshoots Ordner kopiert oder wiederhergestellt wurde. Wiederholen sendet "
        "ihn, was sicher ist, wo Reshoot sonst nirgends läuft; Verwerfen gibt ihn hier auf."
    ),
    "{count} jobs are held, since Reshoot's folder was copied or restored. Retry sends one, which is safe where "
    "Reshoot runs nowhere else; Dismiss gives it up here.": (
        "{count} Aufträge werden zurückgehalten, da Reshoots Ordner kopiert oder wiederhergestellt wurde. Wiederholen "
        "sendet einen, was sicher ist, wo Reshoot sonst nirgends läuft; Verwerfen gibt ihn hier auf."
    ),
    "Send This Job from Here?": "Diesen Auftrag von hier senden?",
    "Where Reshoot runs elsewhere with this job it may be sent there too: that costs ${price} a second time.": (
        "Wo Reshoot anderswo mit diesem Auftrag läuft, wird er vielleicht auch dort gesendet: Das kostet {price} $ ein "
        "zweites Mal."
    ),
    "In another Blender": "In einem anderen Blender",
    "{error} Trying again": "{error} Neuer Versuch",
    "Cancelled; nothing was paid.": "Abgebrochen; nichts wurde bezahlt.",
    "Cancelled; an earlier try may be charged.": "Abgebrochen; ein früherer Versuch wird vielleicht berechnet.",
    "{error} An earlier try may be charged.": "{error} Ein früherer Versuch wird vielleicht berechnet.",
    "Looking for it at the service first": "Wird zuerst beim Dienst gesucht",
    "Nothing was sent: whether it is paid already could not be asked. {error}": (
        "Nichts wurde gesendet: Ob es schon bezahlt ist, war nicht zu erfragen. {error}"
    ),
    "The service's list of requests could not be read: {error}": (
        "Die Liste der Anfragen beim Dienst war nicht zu lesen: {error}"
    ),
    "Look at the requests page of your account on fal.ai: if it is there it was accepted. Retry once more sends it "
    "without having looked, which may cost the price again; Dismiss gives it up.": (
        "Auf der Seite „Requests“ des fal.ai-Kontos nachsehen: Ist die Anfrage dort, wurde sie angenommen. Noch einmal "
        "Wiederholen sendet sie ungesehen, was den Preis noch einmal kosten kann; Verwerfen gibt sie auf."
    ),
    "Reshoot's folder was copied, restored from a backup, or comes from another computer, or this one was renamed: "
    "nothing was sent from here, since the original may send this job, or have sent it.": (
        "Der Ordner von Reshoot wurde kopiert, aus einer Sicherung zurückgeholt oder kommt von einem anderen Rechner, "
        "oder dieser wurde umbenannt: Von hier wurde nichts gesendet, denn das Original sendet diesen Auftrag "
        "vielleicht oder hat ihn gesendet."
    ),
    "Where Reshoot runs nowhere else with these jobs, Retry is safe. Otherwise it may cost the price a second time; "
    "Dismiss gives it up here and changes nothing for the original.": (
        "Wo Reshoot mit diesen Aufträgen nirgends sonst läuft, kann man wiederholen. Sonst kann es den Preis ein "
        "zweites Mal kosten; Verwerfen gibt ihn hier auf und ändert am Original nichts."
    ),
    # ---- a damaged journal
    "The journal {path} is damaged: {error}.": "Das Journal {path} ist beschädigt: {error}.",
    "Start Blender again: what can be read of it is taken over into a new one.": (
        "Blender neu starten: Was noch lesbar ist, wird in ein neues übernommen."
    ),
    "The journal {path} is damaged and cannot be moved aside: {error}.": (
        "Das Journal {path} ist beschädigt und kann nicht beiseitegelegt werden: {error}."
    ),
    "The journal {path} is damaged, and its disk is too full to make it again: {free:.0f} MB are left.": (
        "Das Journal {path} ist beschädigt, und seine Platte ist zu voll, um es neu anzulegen: "
        "{free:.0f} MB sind noch frei."
    ),
    "Free {missing:.0f} MB there and try again; nothing is lost.": (
        "Dort {missing:.0f} MB frei machen und es noch einmal versuchen; nichts ist verloren."
    ),
    "Close every other Blender and start this one again.": "Jeden anderen Blender schließen und diesen neu starten.",
    "What can be read of it is taken over into a new one: wait a moment.": (
        "Was sich davon lesen lässt, wird in ein neues übernommen: einen Augenblick warten."
    ),
    "It is kept as {path}; {count} jobs are in the new one.": (
        "Es liegt nun unter {path}; im neuen sind {count} Aufträge."
    ),
    # ---- money
    "Send It?": "Senden?",
    "Send": "Senden",
    "This costs ${price}, estimated.": "Das kostet geschätzt {price} $.",
    "{clips} clips cost ${price}, estimated.": "{clips} Clips kosten geschätzt {price} $.",
    "{shots} shots, {clips} clips cost ${price}, estimated.": (
        "{shots} Shots, {clips} Clips kosten geschätzt {price} $."
    ),
    "{count} shots were not sent: their file was closed meanwhile.": (
        "{count} Shots wurden nicht gesendet: Die Datei wurde inzwischen geschlossen."
    ),
    "{count} shots are sent once it is known whether they are see-through": (
        "{count} Shots werden gesendet, sobald feststeht, ob etwas hindurchscheint"
    ),
    "{count} shots are sent once the disk has answered: {folders}": (
        "{count} Shots werden gesendet, sobald die Platte antwortet: {folders}"
    ),
    "“{shot}” was not sent: its file was closed meanwhile.": (
        "„{shot}“ wurde nicht gesendet: Die Datei wurde inzwischen geschlossen."
    ),
    "“{shot}” is sent once it is known whether it is see-through": (
        "„{shot}“ wird gesendet, sobald feststeht, ob etwas hindurchscheint"
    ),
    "“{shot}” is sent once the disk has answered: {folders}": (
        "„{shot}“ wird gesendet, sobald die Platte antwortet: {folders}"
    ),
    "Open the file and send it again.": "Die Datei öffnen und noch einmal senden.",
    "The model that is set in the scene “{scene}” is none that Reshoot knows.": (
        "Das Modell, das in der Szene „{scene}“ eingestellt ist, kennt Reshoot nicht."
    ),
    "Choose a model in the options, or update Reshoot.": (
        "In den Optionen ein Modell wählen oder Reshoot aktualisieren."
    ),
    "The take of “{shot}” stays: delete its strip to take it out": (
        "Der Take von „{shot}“ bleibt: zum Entfernen seinen Streifen löschen"
    ),
    "A disk has not answered for {seconds:.0f} s, so nothing was sent.": (
        "Ein Datenträger antwortet seit {seconds:.0f} s nicht, deshalb wurde nichts gesendet."
    ),
    "See which of these can be opened, then send it again: {folders}.": (
        "Nachsehen, welche davon sich öffnen lassen, dann noch einmal senden: {folders}."
    ),
    "{shot} is under way already, with the same prompt and settings.": (
        "{shot} ist schon unterwegs, mit demselben Prompt und denselben Einstellungen."
    ),
    "{shots} are under way already, with the same prompt and settings.": (
        "{shots} sind schon unterwegs, mit demselben Prompt und denselben Einstellungen."
    ),
    "Sending it again costs ${price} more.": "Noch einmal zu senden kostet {price} $ mehr.",
    "This costs ${price}; ${spent} of today's ${limit} are spent or under way.": (
        "Das kostet {price} $; von den heutigen {limit} $ sind {spent} $ ausgegeben oder unterwegs."
    ),
    "Raise the limit per day in the preferences, or go on tomorrow.": (
        "Die Grenze je Tag in den Benutzereinstellungen erhöhen oder morgen weitermachen."
    ),
    "This costs ${price}; ${spent} of this project's ${limit} are spent or under way.": (
        "Das kostet {price} $; von den {limit} $ dieses Projekts sind {spent} $ ausgegeben oder unterwegs."
    ),
    "Raise the limit per project in the preferences.": ("Die Grenze je Projekt in den Benutzereinstellungen erhöhen."),
    "Watch Reshoot Jobs": "Reshoot-Aufträge verfolgen",
    "Follow running jobs and place their takes": "Laufende Aufträge verfolgen und ihre Takes einsetzen",
    "Turn Page": "Blättern",
    "Show newer or older jobs": "Neuere oder ältere Aufträge zeigen",
    "Cancel Job": "Auftrag abbrechen",
    "Stop the job; what was sent already is asked to stop at the service": (
        "Den Auftrag anhalten; was schon gesendet ist, soll beim Dienst anhalten"
    ),
    "Retry Job": "Auftrag wiederholen",
    "Go on from where the job stopped, without paying twice for what was paid": (
        "Dort weitermachen, wo der Auftrag stehen blieb, ohne Bezahltes noch einmal zu bezahlen"
    ),
    "Submit This Job Again?": "Diesen Auftrag erneut übermitteln?",
    "It may have been accepted already.": "Vielleicht wurde er schon angenommen.",
    "It may have been accepted already: submitting it again may cost ${price} a second time.": (
        "Vielleicht wurde er schon angenommen: Erneut übermittelt kostet er vielleicht ein zweites Mal {price} $."
    ),
    "Submit Again": "Erneut übermitteln",
    "Dismiss Job": "Auftrag entfernen",
    "Take the job off the list; its take stays on disk and in the timeline, its prompt among those used before": (
        "Den Auftrag aus der Liste nehmen; sein Take bleibt auf der Platte und in der Zeitleiste, "
        "sein Prompt unter den benutzten"
    ),
    "Resume Jobs": "Aufträge fortsetzen",
    "Take up every unfinished job of the open file; from a script, wait until their takes are placed": (
        "Alle unfertigen Aufträge der offenen Datei aufnehmen; im Skript warten, bis ihre Takes eingesetzt sind"
    ),
    "There is no job {job}. Choose one of the jobs in the sidebar.": (
        "Es gibt keinen Auftrag {job}. Einen der Aufträge in der Seitenleiste wählen."
    ),
    "The job has ended: there is nothing to cancel. Dismiss it instead.": (
        "Der Auftrag ist zu Ende: Es gibt nichts abzubrechen. Ihn stattdessen entfernen."
    ),
    "The job did not fail: there is nothing to retry.": (
        "Der Auftrag ist nicht fehlgeschlagen: Es gibt nichts zu wiederholen."
    ),
    "The job is under way. Cancel it first.": "Der Auftrag läuft. Ihn erst abbrechen.",
    "The job of “{shot}” in {file}": "Der Auftrag von „{shot}“ in {file}",
    "The job of “{shot}” in a file that was not saved": "Der Auftrag von „{shot}“ in einer nicht gespeicherten Datei",
    "The take of “{shot}” is finished; place it from the list of jobs": (
        "Der Take von „{shot}“ ist fertig; aus der Liste der Aufträge einsetzen"
    ),
    "The take of “{shot}” is finished; it is placed once {file} is open": (
        "Der Take von „{shot}“ ist fertig; er wird eingesetzt, sobald {file} offen ist"
    ),
    "From a file that was not saved": "Aus einer nicht gespeicherten Datei",
    "Not in the timeline any more": "Nicht mehr in der Zeitleiste",
    "Another Blender has this job.": "Ein anderes Blender hat diesen Auftrag.",
    "Place its take there.": "Seinen Take dort einsetzen.",
    "The job of “{shot}”": "Der Auftrag von „{shot}“",
    "Reshoot itself failed here: {cause}: {error}.": "Reshoot selbst ist hier gescheitert: {cause}: {error}.",
    "Reshoot itself failed here: {error}.": "Reshoot selbst ist hier gescheitert: {error}.",
    "Retry; if it stays so, report it with Blender's console output.": (
        "Wiederholen; bleibt es so, es mit der Ausgabe von Blenders Konsole melden."
    ),
    "See Blender's console, and report it.": "Blenders Konsole ansehen und es melden.",
    "The request was sent, but its answer was lost: it may have been accepted and charged.": (
        "Die Anfrage wurde gesendet, aber die Antwort ging verloren: Vielleicht wurde sie angenommen und berechnet."
    ),
    "Reshoot looks for the request by itself for a while. You can look at the requests page of your account on "
    "fal.ai: if it is there it was accepted. Retry looks once more, then submits it again, which may cost the price "
    "again; Dismiss gives it up.": (
        "Reshoot sucht die Anfrage eine Weile selbst. Auf fal.ai zeigt die Seite der Anfragen des Kontos sie auch: Ist "
        "sie dort, wurde sie angenommen. Wiederholen sucht noch einmal und übermittelt sie dann erneut, was den Preis "
        "vielleicht noch einmal kostet; Entfernen gibt sie auf."
    ),
    "The answer was lost; the service has the request": "Die Antwort ging verloren; der Dienst hat die Anfrage",
    "The service could not be asked to stop ({error}); it may still be charged.": (
        "Der Dienst war nicht zum Anhalten zu bewegen ({error}); es wird vielleicht trotzdem berechnet."
    ),
    "Too late to cancel: the take is finished and comes in": "Zu spät zum Abbrechen: Der Take ist fertig und kommt",
    "The service was asked to stop; it may still be charged.": (
        "Der Dienst soll anhalten; es wird vielleicht trotzdem berechnet."
    ),
    "Reshoot looks for a while whether a result comes anyway; Retry looks now. Both cost nothing.": (
        "Reshoot sieht eine Weile nach, ob doch ein Ergebnis kommt; Wiederholen sieht jetzt nach. Beides kostet nichts."
    ),
    "Finished although it was cancelled": "Trotz des Abbruchs fertig geworden",
    "The journal {path} was written by a newer Reshoot.": "Das Journal {path} stammt von einem neueren Reshoot.",
    "Update Reshoot to open it; nothing is lost.": "Reshoot aktualisieren, um es zu öffnen; nichts ist verloren.",
    "The journal {path} cannot be read or written: {error}.": (
        "Das Journal {path} ist nicht les- oder schreibbar: {error}."
    ),
    "Check that its folder is writable and has room, then try again.": (
        "Prüfen, ob sein Ordner beschreibbar ist und Platz hat, dann erneut versuchen."
    ),
    "The journal's row of job {job} cannot be read: {error}.": (
        "Die Zeile des Auftrags {job} im Journal ist nicht lesbar: {error}."
    ),
    "Update Reshoot; nothing is lost.": "Reshoot aktualisieren; nichts ist verloren.",
    # ---- takes
    "Place Take": "Take einsetzen",
    "Put the job's take into the timeline, where its shot is now": (
        "Den Take des Auftrags in die Zeitleiste einsetzen, dort, wo sein Shot jetzt ist"
    ),
    "Reshoot Take": "Reshoot-Take",
    "Put Reshoot Take Right": "Reshoot-Take berichtigen",
    "The take of “{shot}” is in the timeline": "Der Take von „{shot}“ ist in der Zeitleiste",
    "Show in Timeline": "In Zeitleiste zeigen",
    "Select the job's take in the timeline, or its shot where there is no take, and bring it into view": (
        "Den Take des Auftrags in der Zeitleiste auswählen, oder seinen Shot, wenn es keinen Take gibt, und ins "
        "Blickfeld "
        "bringen"
    ),
    "Open the folder of the job's take": "Den Ordner mit dem Take des Auftrags öffnen",
    "The job has no take yet. Wait until it has landed.": (
        "Der Auftrag hat noch keinen Take. Warten, bis er angekommen ist."
    ),
    "The job has nothing in this timeline. Open the scene that it belongs to.": (
        "Der Auftrag hat nichts in dieser Zeitleiste. Die Szene öffnen, zu der er gehört."
    ),
    "“{shot}” is not in this timeline any more.": "„{shot}“ ist nicht mehr in dieser Zeitleiste.",
    "The job's folder is not there. Retry the job to fetch its take again.": (
        "Der Ordner des Auftrags ist nicht da. Den Auftrag wiederholen, um seinen Take erneut zu holen."
    ),
    "Blender did not add {file} as a strip.": "Blender hat {file} nicht als Streifen hinzugefügt.",
    "Place the take again.": "Den Take erneut einsetzen.",
    "The scene is linked from another file: make it local, and place the take again.": (
        "Die Szene ist aus einer anderen Datei verlinkt: sie lokal machen und den Take erneut einsetzen."
    ),
    "Blender has no window to place the take in.": "Blender hat kein Fenster, um den Take einzusetzen.",
    "Open the file in Blender and resume.": "Die Datei in Blender öffnen und fortsetzen.",
    "The take of “{shot}” is not on disk any more.": "Der Take von „{shot}“ ist nicht mehr auf der Platte.",
    "Retry the job to fetch it again.": "Den Auftrag wiederholen, um ihn erneut zu holen.",
    "No channel above “{shot}” is free.": "Über „{shot}“ ist kein Kanal frei.",
    "Free a channel above it and place the take again from the job.": (
        "Darüber einen Kanal frei machen und den Take vom Auftrag aus erneut einsetzen."
    ),
    "No channel is free for the take's sound.": "Kein Kanal ist für den Ton des Takes frei.",
    "“{strip}” is muted: it would show through its take": "„{strip}“ ist stumm: Es würde durch seinen Take scheinen",
    "“{strip}” is muted": "„{strip}“ ist stumm",
    "Undone": "Rückgängig gemacht",
    "Place Again": "Wieder einsetzen",
    "Undo took the take of “{shot}” out: Place Again in the list of jobs": (
        "Rückgängig hat den Take von „{shot}“ herausgenommen: Wieder einsetzen in der Liste der Aufträge"
    ),
    "The scene “{scene}” is linked from {file}: no strip can be added to it.": (
        "Die Szene „{scene}“ ist aus {file} verknüpft: Ihr lässt sich kein Strip hinzufügen."
    ),
    "Open that file and reshoot there, or make the scene local first.": (
        "Jene Datei öffnen und dort weiterarbeiten, oder die Szene zuerst lokal machen."
    ),
    "Make the scene local, and place the take again from the job.": (
        "Die Szene lokal machen und den Take vom Auftrag aus erneut einsetzen."
    ),
    "The timeline's rate was changed, and the take cannot be fitted to it: {error}.": (
        "Die Rate der Zeitleiste wurde geändert, und der Take lässt sich ihr nicht anpassen: {error}."
    ),
    "Set the rate to what it was, and place the take again from the job.": (
        "Die frühere Rate einstellen und den Take vom Auftrag aus erneut einsetzen."
    ),
    "“{strip}” reaches past the take: cut where the take begins and ends": (
        "„{strip}“ reicht über den Take hinaus: geschnitten, wo er beginnt und endet"
    ),
    "“{strip}” reaches past its take and cannot be cut there: it is not muted. Mute it by hand.": (
        "„{strip}“ reicht über seinen Take hinaus und lässt sich dort nicht schneiden: nicht stummgeschaltet. "
        "Von Hand stummschalten."
    ),
    "“{strip}” is not joined with its picture any more": "„{strip}“ ist nicht mehr mit seinem Bild verbunden",
    "The result has no sound: the timeline's stays": "Das Ergebnis hat keinen Ton: Der der Zeitleiste bleibt",
    "This Blender was built without sound: the result's is in the take's file": (
        "Dieser Blender ist ohne Ton gebaut: Der des Ergebnisses ist in der Datei des Takes"
    ),
    "The scene “{scene}” is not in this file any more.": "Die Szene „{scene}“ ist nicht mehr in dieser Datei.",
    "Open the scene that is to have the take, and place it from the job.": (
        "Die Szene öffnen, die den Take bekommen soll, und ihn aus dem Auftrag einsetzen."
    ),
    "The result is not a video that can be read: {error}.": "Das Ergebnis ist kein lesbares Video: {error}.",
    "Retry fetches it again without paying again.": "Wiederholen holt es erneut, ohne erneut zu bezahlen.",
    "The result's rate could not be changed: {error}": "Die Bildrate des Ergebnisses war nicht zu ändern: {error}",
    "The result's sound could not be put in step: {error}": (
        "Der Ton des Ergebnisses war nicht in Gleichlauf zu bringen: {error}"
    ),
    "{folder} has {free:.0f} MB left; about {needed:.0f} MB are needed.": (
        "{folder} hat noch {free:.0f} MB frei; etwa {needed:.0f} MB werden gebraucht."
    ),
    "Free some room, or save the project on another disk.": (
        "Platz schaffen oder das Projekt auf einer anderen Platte speichern."
    ),
    "Free some room, or have the variable RESHOOT_HOME name a folder on another disk, then start Blender again.": (
        "Platz schaffen oder mit der Variablen RESHOOT_HOME einen Ordner auf einer anderen Platte nennen, dann Blender "
        "neu starten."
    ),
    "The path of Reshoot's own folder {folder} has {count} characters; at most {most} leave room for the "
    "files of a job on Windows.": (
        "Der Pfad von Reshoots eigenem Ordner {folder} hat {count} Zeichen; höchstens {most} lassen unter Windows "
        "Platz für die Dateien eines Jobs."
    ),
    "Have the variable RESHOOT_HOME name a folder with a shorter path, then start Blender again.": (
        "Mit der Variablen RESHOOT_HOME einen Ordner mit kürzerem Pfad nennen, dann Blender neu starten."
    ),
    "The path of the folder {folder} has {count} characters; at most {most} leave room for the names of "
    "takes on Windows.": (
        "Der Pfad des Ordners {folder} hat {count} Zeichen; höchstens {most} lassen unter Windows Platz für die "
        "Namen der Takes."
    ),
    "Save the project in a folder with a shorter path.": ("Das Projekt in einem Ordner mit kürzerem Pfad speichern."),
    "The folder {folder} cannot be written: {error}.": "Der Ordner {folder} ist nicht beschreibbar: {error}.",
    "Make it writable or free some room, then try again.": (
        "Ihn beschreibbar machen oder Platz schaffen, dann erneut versuchen."
    ),
    # ---- uploads and downloads
    "{name} could not be read for the upload: {error}.": "{name} war zum Hochladen nicht lesbar: {error}.",
    "Check that {folder} can be read, then try again.": "Prüfen, ob {folder} lesbar ist, dann erneut versuchen.",
    "The result could not be fetched in {count} attempts: {why}.": (
        "Das Ergebnis war in {count} Versuchen nicht zu holen: {why}."
    ),
    "the connection broke ({cause})": "die Verbindung brach ab ({cause})",
    "the service is busy (HTTP {status})": "der Dienst ist ausgelastet (HTTP {status})",
    "{size:,} of {total:,} bytes came": "{size:,} von {total:,} Byte kamen an",
    "{size:,} bytes came, which is not the whole file": "{size:,} Byte kamen an, was nicht die ganze Datei ist",
    "what was there does not belong to the result": "was da war, gehört nicht zum Ergebnis",
    "the service sent another part of the file than was asked for": (
        "der Dienst hat einen anderen Teil der Datei gesendet als erbeten"
    ),
    "The result's address leads nowhere.": "Die Adresse des Ergebnisses führt nirgendwohin.",
    "The result's address leads in a circle.": "Die Adresse des Ergebnisses führt im Kreis.",
    "The result's address is not an https address.": "Die Adresse des Ergebnisses ist keine https-Adresse.",
    "What came is not an MP4 or MOV file.": "Was ankam, ist keine MP4- oder MOV-Datei.",
    "What came is a page or a message, not a video.": "Was ankam, ist eine Seite oder Nachricht, kein Video.",
    "What came is packed in a way that was not asked for.": "Was ankam, ist anders gepackt als erbeten.",
    "The result is no longer at the service (HTTP {status}).": (
        "Das Ergebnis ist nicht mehr beim Dienst (HTTP {status})."
    ),
    "Look for it at fal.ai/dashboard/requests: results are kept for days, or, by the account's settings, for an hour "
    "or minutes only. To send the shot again is to pay again.": (
        "Bei fal.ai/dashboard/requests danach suchen: Ergebnisse werden tagelang behalten, je nach Einstellung des "
        "Kontos auch nur eine Stunde oder Minuten. Den Shot erneut zu senden, kostet erneut."
    ),
    "The service refused the download (HTTP {status}).": "Der Dienst hat das Herunterladen verweigert (HTTP {status}).",
    "Resume the job soon: results are kept for days, or, by the account's settings, for an hour or less.": (
        "Den Auftrag bald fortsetzen: Ergebnisse werden tagelang behalten, je nach Einstellung des Kontos auch nur "
        "eine Stunde oder weniger."
    ),
    "The result has {size:,} bytes or more; a take has at most {limit:,}.": (
        "Das Ergebnis hat {size:,} Byte oder mehr; ein Take hat höchstens {limit:,}."
    ),
    "{path} is already there: takes are never overwritten.": "{path} ist schon da: Takes werden nie überschrieben.",
    "Move that file away, then resume the job.": "Diese Datei wegbewegen, dann den Auftrag fortsetzen.",
    "Resume the job to try again; if it stays so, ask the service.": (
        "Den Auftrag fortsetzen, um es erneut zu versuchen; bleibt es so, beim Dienst nachfragen."
    ),
    "The result is on the network and Blender is offline.": "Das Ergebnis liegt im Netz, und Blender ist offline.",
    "Allow Online Access in Blender's preferences under System, then resume the job.": (
        "In Blenders Benutzereinstellungen unter System „Allow Online Access“ einschalten, dann den Auftrag fortsetzen."
    ),
    "The download was stopped.": "Das Herunterladen wurde angehalten.",
    "Resume the job to go on with it.": "Den Auftrag fortsetzen, um damit weiterzumachen.",
    "There is no room left in {folder}.": "In {folder} ist kein Platz mehr.",
    "Make room on that disk, then resume the job.": "Auf dieser Platte Platz schaffen, dann den Auftrag fortsetzen.",
    "A take cannot be written ({error}) in {folder}.": "In {folder} ist ein Take nicht zu schreiben ({error}).",
    "Make that folder writable, then resume.": "Diesen Ordner beschreibbar machen, dann fortsetzen.",
    # ---- what the service says; what is done stands in brackets, {who} begins the sentence
    "taking the file": "Annahme der Datei",
    "taking the shot": "Annahme des Shots",
    "asking how far the job is": "Frage nach dem Stand des Auftrags",
    "looking for the request": "Suche nach der Anfrage",
    "asking for the result": "Frage nach dem Ergebnis",
    "cancelling the job": "Abbruch des Auftrags",
    "checking the key": "Prüfung des Schlüssels",
    ": “{words}”": ": „{words}“",
    "{who} has locked the account{said}.": "{who} hat das Konto gesperrt{said}.",
    "Top up the balance at fal.ai/dashboard/billing, then try again.": (
        "Das Guthaben bei fal.ai/dashboard/billing aufladen, dann erneut versuchen."
    ),
    "{who} does not accept the key{said}.": "{who} nimmt den Schlüssel nicht an{said}.",
    "{who} does not allow this with the key{said}.": "{who} erlaubt das mit diesem Schlüssel nicht{said}.",
    "Check the key in Reshoot's preferences; keys are made at fal.ai/dashboard/keys.": (
        "Den Schlüssel in den Benutzereinstellungen von Reshoot prüfen; Schlüssel gibt es bei fal.ai/dashboard/keys."
    ),
    "{who} no longer knows this job{said}.": "{who} kennt diesen Auftrag nicht mehr{said}.",
    "Look at fal.ai/dashboard/requests: results are kept for days, or, by the account's settings, for an hour or "
    "minutes only.": (
        "Bei fal.ai/dashboard/requests nachsehen: Ergebnisse werden tagelang behalten, je nach Einstellung des Kontos "
        "auch nur eine Stunde oder Minuten."
    ),
    "What came for “{shot}” is kept as {path}": "Was für „{shot}“ kam, liegt jetzt als {path} vor",
    "“{job}” is no job's id.": "„{job}“ ist keine Kennung eines Auftrags.",
    "The project's folder {folder} is not there: it was moved or renamed, or its disk is away.": (
        "Der Ordner {folder} des Projekts ist nicht da: Er wurde verschoben oder umbenannt, oder sein Laufwerk ist "
        "nicht verbunden."
    ),
    "Open the project where it is now: the take is placed there, and what came is kept until then.": (
        "Das Projekt dort öffnen, wo es jetzt liegt: Der Take wird dort platziert; was kam, bleibt erhalten."
    ),
    "From {file}, which is not where it was": "Aus {file}, das nicht mehr da ist, wo es war",
    "{who} lists more requests than Reshoot looks through.": ("{who} führt mehr Anfragen auf, als Reshoot durchsieht."),
    "Look for the request at fal.ai/dashboard/requests before you send the shot again.": (
        "Die Anfrage bei fal.ai/dashboard/requests suchen, bevor der Shot erneut gesendet wird."
    ),
    "{who} has not finished this job yet.": "{who} ist mit diesem Auftrag noch nicht fertig.",
    "Wait for it.": "Darauf warten.",
    "{who} is too busy or out of order{said}.": "{who} ist ausgelastet oder gestört{said}.",
    "Wait a little; it may be asked again.": "Etwas warten; eine neue Anfrage ist möglich.",
    "{who} refused {doing}{said}.": "{who} hat abgelehnt ({doing}){said}.",
    "Look for an update of Reshoot, or try another model.": (
        "Nach einer Aktualisierung von Reshoot sehen oder ein anderes Modell versuchen."
    ),
    "Try again.": "Erneut versuchen.",
    "Try again later.": "Später erneut versuchen.",
    "Send the same shot again: the service says that this may help.": (
        "Denselben Shot erneut senden: Der Dienst sagt, dass das helfen kann."
    ),
    "The shot was sent to {who}, but no whole answer came back: whether it was accepted is unknown.": (
        "{who}: Der Shot wurde gesendet, aber keine vollständige Antwort kam zurück. Ob er angenommen wurde, ist "
        "unbekannt."
    ),
    "{who} could not be reached ({cause}): nothing was sent.": (
        "{who} war nicht erreichbar ({cause}): Nichts wurde gesendet."
    ),
    "Check the network connection, then try again.": "Die Netzwerkverbindung prüfen, dann erneut versuchen.",
    "{who} gave no whole answer while {doing} ({cause}).": (
        "{who} hat nicht vollständig geantwortet ({doing}; {cause})."
    ),
    "Check the network connection; the question may be asked again.": (
        "Die Netzwerkverbindung prüfen; die Frage kann erneut gestellt werden."
    ),
    "The connection to {who} was closed while {doing}.": "{who}: Die Verbindung wurde getrennt ({doing}).",
    "{who} answered in a form that Reshoot does not know while {doing}.": (
        "{who} hat in einer Form geantwortet, die Reshoot nicht kennt ({doing})."
    ),
    "Try again later; if it stays so, look for an update of Reshoot.": (
        "Später erneut versuchen; bleibt es so, nach einer Aktualisierung von Reshoot sehen."
    ),
    # ---- what the service refuses
    "Send the shot again.": "Den Shot erneut senden.",
    "Use another picture for it and send the shot again.": "Ein anderes Bild dafür nehmen und den Shot erneut senden.",
    "Change the shot's range or its settings and send it again.": (
        "Den Bereich des Shots oder seine Einstellungen ändern und ihn erneut senden."
    ),
    "Send the shot again in a few minutes; the failed try is not billed.": (
        "Den Shot in ein paar Minuten erneut senden; der gescheiterte Versuch wird nicht berechnet."
    ),
    "{thing} goes against the service's content rules": "{thing} verstößt gegen die Inhaltsregeln des Diensts",
    "Change the prompt, the shot or the reference that it names and send the shot again.": (
        "Den Prompt, den Shot oder die genannte Referenz ändern und den Shot erneut senden."
    ),
    "The model made no video from this request": "Das Modell hat aus dieser Anfrage kein Video gemacht",
    "Say the prompt more plainly, or try another reference, and send the shot again.": (
        "Den Prompt einfacher fassen oder eine andere Referenz versuchen und den Shot erneut senden."
    ),
    "{thing} is too small": "{thing} ist zu klein",
    "Use a larger picture for it and send the shot again.": (
        "Ein größeres Bild dafür nehmen und den Shot erneut senden."
    ),
    "{thing} is too large": "{thing} ist zu groß",
    "Use a smaller picture for it and send the shot again.": (
        "Ein kleineres Bild dafür nehmen und den Shot erneut senden."
    ),
    "{thing} could not be read as a picture": "{thing} war nicht als Bild lesbar",
    "{thing} has a format that the model does not take": "{thing} hat ein Format, das das Modell nicht nimmt",
    "Use a PNG or JPEG picture.": "Ein PNG- oder JPEG-Bild nehmen.",
    "Send it as an MP4 (H.264).": "Als MP4 (H.264) senden.",
    "{thing} could not be fetched by the service from its own storage": (
        "{thing} war für den Dienst aus seinem eigenen Speicher nicht zu holen"
    ),
    "{thing} is too large a file": "{thing} ist eine zu große Datei",
    "Choose a shorter shot or a smaller picture and send it again.": (
        "Einen kürzeren Shot oder ein kleineres Bild wählen und erneut senden."
    ),
    "{thing} is too long": "{thing} ist zu lang",
    "Shorten the shot and send it again.": "Den Shot kürzen und erneut senden.",
    "{thing} is too short": "{thing} ist zu kurz",
    "Add handles or lengthen the shot and send it again.": (
        "Überhang geben oder den Shot verlängern und erneut senden."
    ),
    "{thing} is missing from the request": "{thing} fehlt in der Anfrage",
    "Shorten it and send the shot again.": "Kürzen und den Shot erneut senden.",
    "Lengthen it and send the shot again.": "Verlängern und den Shot erneut senden.",
    "{thing} has too many entries": "{thing} hat zu viele Einträge",
    "Remove references and send the shot again.": "Referenzen entfernen und den Shot erneut senden.",
    "{thing} has too few entries": "{thing} hat zu wenige Einträge",
    "Add references and send the shot again.": "Referenzen hinzufügen und den Shot erneut senden.",
    "The service ran out of time before the video was done": "Dem Dienst lief die Zeit ab, bevor das Video fertig war",
    "The model ran out of time before the video was done": "Dem Modell lief die Zeit ab, bevor das Video fertig war",
    "The service had no computer free in time": "Der Dienst hatte nicht rechtzeitig einen Computer frei",
    "The model failed at the service": "Das Modell ist beim Dienst gescheitert",
    "The job was cancelled at the service": "Der Auftrag wurde beim Dienst abgebrochen",
    "A computer at the service failed while it worked on the shot.": (
        "Ein Computer beim Dienst ist ausgefallen, während er am Shot arbeitete."
    ),
    "{thing} was refused: “{words}”.": "{thing} wurde abgelehnt: „{words}“.",
    "no reason given": "ohne Angabe von Gründen",
    "Change what it names and send the shot again.": "Das Genannte ändern und den Shot erneut senden.",
    "at least {value} s": "mindestens {value} s",
    "at most {value} s": "höchstens {value} s",
    "it has {value} s": "es hat {value} s",
    "at least {value} px wide": "mindestens {value} px breit",
    "at least {value} px high": "mindestens {value} px hoch",
    "at most {value} px wide": "höchstens {value} px breit",
    "at most {value} px high": "höchstens {value} px hoch",
    "at most {value} bytes": "höchstens {value} Byte",
    "at least {value}": "mindestens {value}",
    "at most {value}": "höchstens {value}",
    "more than {value}": "mehr als {value}",
    "less than {value}": "weniger als {value}",
    "taken are {value}": "angenommen wird {value}",
    # ---- video files
    "{name} is not an MP4 or MOV file: {why}": "{name} ist keine MP4- oder MOV-Datei: {why}",
    "{name} is not an MP4 or MOV file: it is not a file at all": (
        "{name} ist keine MP4- oder MOV-Datei: Es ist überhaupt keine Datei"
    ),
    "{name} is truncated: {why}": "{name} ist abgeschnitten: {why}",
    "{name} is damaged: {why}": "{name} ist beschädigt: {why}",
    "{name} cannot be given another frame rate: {why}": "{name} kann keine andere Bildrate erhalten: {why}",
    "'{kind}' box": "'{kind}'-Box",
    "it is empty": "sie ist leer",
    "it does not begin like one": "sie beginnt nicht wie eine",
    "it has {count} bytes": "sie hat {count} Byte",
    "it ends inside a header": "sie endet mitten in einem Kopf",
    "it is not a file": "es ist keine Datei",
    "These references are sent too: {paths}.": "Auch diese Referenzen werden gesendet: {paths}.",
    "its samples are described in more than one way": "ihre Samples sind auf mehr als eine Art beschrieben",
    "it claims more pictures or pieces of sound than it can hold": "sie gibt mehr Bilder oder Töne an, als sie fasst",
    "it has more than {count} pictures": "sie hat mehr als {count} Bilder",
    "it has more than {count} tracks": "sie hat mehr als {count} Spuren",
    "it has more than {count} boxes": "sie hat mehr als {count} Boxen",
    "its {box} ends {count} bytes after the file": "ihre {box} endet {count} Byte nach der Datei",
    "its {box} has an impossible size": "ihre {box} hat eine unmögliche Größe",
    "its {box} is too short": "ihre {box} ist zu kurz",
    "its {box} counts more entries than it holds": "ihre {box} zählt mehr Einträge, als sie enthält",
    "its tables have more than {count} entries": "ihre Tabellen haben mehr als {count} Einträge",
    "its {box} counts {ticks} ticks in a second": "ihre {box} zählt {ticks} Takte in einer Sekunde",
    "a track has no {box}": "einer Spur fehlt {box}",
    "a track has more than {count} edits": "eine Spur hat mehr als {count} Schnitte",
    "it has no 'mvhd' box": "sie hat keine 'mvhd'-Box",
    "it has no video track": "sie hat keine Videospur",
    "it has no table of contents ('moov' box)": "sie hat kein Inhaltsverzeichnis ('moov'-Box)",
    "its pictures are {width} by {height} pixels": "ihre Bilder haben {width} mal {height} Pixel",
    "its video track has {frames} frames in {ticks} ticks": (
        "ihre Videospur hat {frames} Einzelbilder in {ticks} Takten"
    ),
    "it has {samples} samples and the times of {times}": "sie hat {samples} Samples und die Zeiten von {times}",
    "its last pictures lie {count} bytes after its end": "ihre letzten Bilder liegen {count} Byte nach ihrem Ende",
    "a fragment has no 'tfhd' box": "einem Fragment fehlt die 'tfhd'-Box",
    "it is fragmented": "sie ist fragmentiert",
    "its frames do not all last equally long": "ihre Einzelbilder dauern nicht alle gleich lang",
    "its {box} has no room for the new times": "ihre {box} hat keinen Platz für die neuen Zeiten",
    "pictures or sound lie after its end": "Bilder oder Ton liegen nach ihrem Ende",
    "its table of sizes is of a rare kind": "ihre Größentabelle ist von seltener Art",
    "{count} of its samples are nowhere": "{count} ihrer Samples liegen nirgends",
    "its new times would be too large": "ihre neuen Zeiten wären zu groß",
    "its last box is too long": "ihre letzte Box ist zu lang",
    # ---- results that are not what was asked for
    "The result's frames do not last equally long: each is shown at its time": (
        "Die Einzelbilder des Ergebnisses dauern ungleich lang: jedes wird zu seiner Zeit gezeigt"
    ),
    "The result's frames do not last equally long: shown one for one": (
        "Die Einzelbilder des Ergebnisses dauern ungleich lang: eines für eines gezeigt"
    ),
    "The result's frames do not last equally long: evened out, each as near its time as can be": (
        "Die Einzelbilder des Ergebnisses dauern ungleich lang: ausgeglichen, jedes so nahe an seiner Zeit wie möglich"
    ),
    "The result is too long, cut off at its end: {count} frames": (
        "Das Ergebnis ist zu lang, am Ende abgeschnitten: {count} Einzelbilder"
    ),
    "The result is too short, its last frame held: {count} frames": (
        "Das Ergebnis ist zu kurz, das letzte Einzelbild angehalten: {count} Einzelbilder"
    ),
    "The result is {width}×{height}, of another shape than {shot_width}×{shot_height}: centred, its edges cut off": (
        "Das Ergebnis hat {width}×{height}, eine andere Form als {shot_width}×{shot_height}: mittig, Ränder fehlen"
    ),
    "The result says that it has to be turned by {degrees}°: turned": (
        "Das Ergebnis gibt an, um {degrees}° gedreht werden zu müssen: gedreht"
    ),
    # ---- the result beside the clip
    "Aligned": "Deckt sich",
    "Aligned: 1 frame late, corrected": "Ausgerichtet: 1 Einzelbild zu spät, berichtigt",
    "Aligned: 1 frame early, corrected": "Ausgerichtet: 1 Einzelbild zu früh, berichtigt",
    "Aligned: {count} frames late, corrected": "Ausgerichtet: {count} Einzelbilder zu spät, berichtigt",
    "Aligned: {count} frames early, corrected": "Ausgerichtet: {count} Einzelbilder zu früh, berichtigt",
    "Too little moves to compare the frames: placed as it came": (
        "Es bewegt sich zu wenig, um die Einzelbilder zu vergleichen: unverändert eingesetzt"
    ),
    "The frames could not be compared for certain: placed as they came": (
        "Die Einzelbilder ließen sich nicht sicher vergleichen: unverändert eingesetzt"
    ),
    "The result could not be compared with the clip: placed as it came": (
        "Das Ergebnis ließ sich nicht mit dem Clip vergleichen: unverändert eingesetzt"
    ),
    "The result runs {percent:.1f} % too slowly: evened out": (
        "Das Ergebnis läuft {percent:.1f} % zu langsam: ausgeglichen"
    ),
    "The result runs {percent:.1f} % too fast: evened out": (
        "Das Ergebnis läuft {percent:.1f} % zu schnell: ausgeglichen"
    ),
    "Frame {frame} is doubled in the result: skipped": "Einzelbild {frame} ist im Ergebnis doppelt: übersprungen",
    "A frame is missing in the result after frame {frame}: held": (
        "Nach Einzelbild {frame} fehlt eines im Ergebnis: angehalten"
    ),
    "{count} frames too many in the result after frame {frame}: skipped": (
        "Nach Einzelbild {frame} sind {count} im Ergebnis zu viel: übersprungen"
    ),
    "{count} frames are missing in the result after frame {frame}: held": (
        "Nach Einzelbild {frame} fehlen {count} im Ergebnis: angehalten"
    ),
    "The picture is {percent:.1f} % larger than what was sent: scaled back": (
        "Das Bild ist {percent:.1f} % größer als das gesendete: zurückskaliert"
    ),
    "The picture is {percent:.1f} % smaller than what was sent: scaled back": (
        "Das Bild ist {percent:.1f} % kleiner als das gesendete: zurückskaliert"
    ),
    "The picture is {wide:+.1f} % wide and {tall:+.1f} % tall: scaled back": (
        "Das Bild ist in der Breite {wide:+.1f} %, in der Höhe {tall:+.1f} %: zurückskaliert"
    ),
    "The picture is shifted by {across:.1f} % across and {up:.1f} % up or down: shifted back": (
        "Das Bild ist um {across:.1f} % seitlich und {up:.1f} % in der Höhe verschoben: zurückverschoben"
    ),
    # ---- stacks
    "“{strip}” cannot be put into a stack: “{effect}” holds on to it.": (
        "„{strip}“ lässt sich nicht in einen Stapel legen: „{effect}“ hält daran fest."
    ),
    "Set Land to On a Channel, and place the take again from the job.": (
        "„Ablage“ auf „Auf einem Kanal“ stellen und den Take aus dem Auftrag erneut platzieren."
    ),
    "All channels are in use beside “{strip}”.": "Neben „{strip}“ sind alle Kanäle belegt.",
    "Free a channel, and place the take again from the job.": (
        "Einen Kanal frei machen und den Take aus dem Auftrag erneut platzieren."
    ),
    "“{strip}” has modifiers that its other take would not have.": (
        "„{strip}“ hat Modifikatoren, die ihr anderer Take nicht hätte."
    ),
    "All channels are in use.": "Alle Kanäle sind belegt.",
    "Free a channel, and place the take again.": "Einen Kanal frei machen und den Take erneut platzieren.",
    "{remedy} Then place the take again from the job.": "{remedy} Dann den Take aus dem Auftrag erneut platzieren.",
    "Free a channel above it.": "Einen Kanal darüber frei machen.",
    "“{effect}” is made of “{shot}”, and cannot be made of its take": (
        "„{effect}“ besteht aus „{shot}“ und kann nicht aus ihrem Take bestehen"
    ),
    "The take of “{shot}” cannot lie under “{above}”": "Der Take von „{shot}“ kann nicht unter „{above}“ liegen",
    "{what}: {why}.": "{what}: {why}.",
    "Free a channel between them, or set Land to On a Channel.": (
        "Einen Kanal dazwischen frei machen oder „Ablage“ auf „Auf einem Kanal“ stellen."
    ),
    "Unlock it, or set Land to On a Channel.": "Entsperren oder „Ablage“ auf „Auf einem Kanal“ stellen.",
    "channel {channel} is locked": "Kanal {channel} ist gesperrt",
    "“{strip}” is locked": "„{strip}“ ist gesperrt",
    "a shot of several strips has no one place": "ein Shot aus mehreren Streifen hat keine einzelne Stelle",
    "“{strip}” shows what lies below it": "„{strip}“ zeigt, was darunter liegt",
    "“{strip}” is made of other strips": "„{strip}“ besteht aus anderen Streifen",
    "an older take lies over it": "ein älterer Take liegt darüber",
    "Delete the older take, or set Land to On a Channel.": (
        "Den älteren Take löschen oder „Ablage“ auf „Auf einem Kanal“ stellen."
    ),
    "what lies below shows through “{strip}”": "durch „{strip}“ scheint, was darunter liegt",
    "The selected shot has no take in this timeline.": "Der ausgewählte Shot hat keinen Take in dieser Zeitleiste.",
    "Select a shot that has one, or its take.": "Einen Shot auswählen, der einen hat, oder seinen Take.",
    "No take of the selected shot is known.": "Vom ausgewählten Shot ist kein Take bekannt.",
    "This is the last take.": "Das ist der letzte Take.",
    "This is the original.": "Das ist das Original.",
    "Go the other way.": "In die andere Richtung gehen.",
    "The job has no take yet.": "Der Auftrag hat noch keinen Take.",
    "Wait until it has landed.": "Warten, bis er angekommen ist.",
    "Another take of the shot is shown": "Ein anderer Take des Shots wird gezeigt",
    "Show Take": "Take zeigen",
    "Show the job's take in the place of its shot; the selected shot's original where no job is named": (
        "Den Take des Auftrags an der Stelle seines Shots zeigen; ohne Auftrag das Original des ausgewählten Shots"
    ),
    "Show Another Take": "Anderen Take zeigen",
    "Show the next or the previous take of the selected shot; before the first one is the original": (
        "Den nächsten oder vorigen Take des ausgewählten Shots zeigen; vor dem ersten ist das Original"
    ),
    "Next": "Nächster",
    "The take that was made after the one shown": "Der Take, der nach dem gezeigten entstanden ist",
    "Previous": "Voriger",
    "The take that was made before the one shown": "Der Take, der vor dem gezeigten entstanden ist",
    # Comparing in the viewer.
    "Blender is rendering.": "Blender rendert gerade.",
    "Compare when it is done.": "Vergleichen, wenn es fertig ist.",
    "Original": "Original",
    "“{take}” is what is shown.": "„{take}“ wird schon gezeigt.",
    "Compare it with the original or another take.": "Mit dem Original oder einem anderen Take vergleichen.",
    "Open the scene that it is in.": "Die Szene öffnen, in der er ist.",
    "Take": "Take",
    "Compare": "Vergleichen",
    "The viewer cannot show the comparison: {error}.": "Die Vorschau kann den Vergleich nicht zeigen: {error}.",
    "Update the graphics driver, or see Blender's console, and report it.": (
        "Den Grafiktreiber aktualisieren, oder in Blenders Konsole nachsehen und es melden."
    ),
    "Both are the same on this frame": "Auf diesem Bild sind beide gleich",
    "Preparing · {percent} %": "Wird vorbereitet · {percent} %",
    "Difference × {gain} of {other} and {shown}": "Unterschied × {gain} von {other} und {shown}",
    "Compare Takes": "Takes vergleichen",
    "Compare what is shown with the original or with another take": (
        "Was gezeigt wird, mit dem Original oder einem anderen Take vergleichen"
    ),
    "Esc ends it": "Esc beendet es",
    "Compare the take that is shown with the original or with another take, over the viewer's picture. Esc ends it": (
        "Den gezeigten Take mit dem Original oder einem anderen Take vergleichen, über dem Bild der Vorschau. Esc "
        "beendet es"
    ),
    "Mode": "Art",
    "Wipe": "Blende",
    "One on either side of a line that is dragged over the picture": (
        "Je einer auf jeder Seite einer Linie, die über das Bild gezogen wird"
    ),
    "Flip": "Wechseln",
    "The other one while J is held, or the key that began it": (
        "Der andere, solange J oder die Taste gehalten wird, die es begonnen hat"
    ),
    "Difference": "Unterschied",
    "Where they differ, four times as strong": "Wo sie sich unterscheiden, viermal so stark",
    "Side by Side": "Nebeneinander",
    "Both beside each other": "Beide nebeneinander",
    "Other": "Anderer",
    "The job of the other take; without one the original": "Der Auftrag des anderen Takes; ohne einen das Original",
    "Compare needs a window. Open the file in Blender.": (
        "Vergleichen braucht ein Fenster. Die Datei in Blender öffnen."
    ),
    "No viewer shows the timeline's picture. Open a preview, then compare.": (
        "Keine Vorschau zeigt das Bild der Zeitleiste. Eine Vorschau öffnen, dann vergleichen."
    ),
    "The picture to compare came out {width} × {height} pixels large.": (
        "Das Bild zum Vergleichen wurde {width} × {height} Pixel groß."
    ),
    "It shows another file": "Er zeigt eine andere Datei",
    "What is in it was changed": "Was in ihm ist, wurde geändert",
    "It plays at another pace": "Er läuft in anderem Tempo",
    "Its colours were changed": "Seine Farben wurden geändert",
    "Its place on the screen was changed": "Seine Lage im Bild wurde geändert",
    "How it is blended was changed": "Wie er übergeblendet wird, wurde geändert",
    "What lies under it was changed": "Was unter ihm liegt, wurde geändert",
    "It was trimmed": "Er wurde getrimmt",
    "Opened by 1 frame past the take": "Um 1 Frame über den Take hinaus geöffnet",
    "Opened by {count} frames past the take": "Um {count} Frames über den Take hinaus geöffnet",
    "It lies 1 frame later than its take": "Er liegt 1 Frame später als sein Take",
    "It lies 1 frame before its take": "Er liegt 1 Frame vor seinem Take",
    "It lies {count} frames later than its take": "Er liegt {count} Frames später als sein Take",
    "It lies {count} frames before its take": "Er liegt {count} Frames vor seinem Take",
    "Follow": "Folgen",
    "Move and trim the takes of the selected shots to where their shots are now, as far as the takes have frames": (
        "Die Takes der ausgewählten Shots dorthin bewegen und trimmen, wo ihre Shots jetzt sind, soweit die Takes "
        "Frames haben"
    ),
    "Make the scene local first.": "Zuerst die Szene lokal machen.",
    "No take of what is selected has to be moved or trimmed.": (
        "Kein Take des Ausgewählten muss bewegt oder getrimmt werden."
    ),
    "What else has changed needs another take: reshoot the shot.": (
        "Was sich sonst geändert hat, braucht einen anderen Take: den Shot neu drehen."
    ),
    "Reshoot it.": "Ihn neu drehen.",
    "“{shot}” shows another file: its take cannot follow.": (
        "„{shot}“ zeigt eine andere Datei: Sein Take kann nicht folgen."
    ),
    "“{shot}” plays at another pace: its take cannot follow.": (
        "„{shot}“ läuft in anderem Tempo: Sein Take kann nicht folgen."
    ),
    "The take has none of the frames that “{shot}” shows now.": (
        "Der Take hat keinen der Frames, die „{shot}“ jetzt zeigt."
    ),
    "“{strip}” is open: its take cannot follow.": "„{strip}“ ist geöffnet: Der Take darin kann nicht folgen.",
    "Leave it with Tab first.": "Zuerst mit Tab verlassen.",
    "“{strip}” is locked: its take cannot follow.": "„{strip}“ ist gesperrt: Der Take kann nicht folgen.",
    "Unlock it first.": "Zuerst entsperren.",
    "Channel {channel} is locked: “{strip}” cannot follow.": (
        "Kanal {channel} ist gesperrt: „{strip}“ kann nicht folgen."
    ),
    "There is no room for the take directly above “{shot}”.": "Direkt über „{shot}“ ist kein Platz für den Take.",
    "Free the channel above it, or show the take again: it is laid where it fits then.": (
        "Den Kanal darüber frei machen oder den Take erneut zeigen: Dann wird er gelegt, wohin er passt."
    ),
    # ---- the list of takes
    "Rate Take": "Take bewerten",
    "Rate the job's take: the pick stays when others land, and a shot has one. Kept in the journal; not undone": (
        "Den Take des Auftrags bewerten: Der gewählte bleibt, wenn andere ankommen, und ein Shot hat nur einen. Steht "
        "im Journal; wird nicht rückgängig gemacht"
    ),
    "Rating": "Bewertung",
    "Unrated": "Unbewertet",
    "Neither picked nor rejected": "Weder gewählt noch verworfen",
    "Pick": "Gewählt",
    "The take of its shot that is to stay": "Der Take seines Shots, der bleiben soll",
    "Reject": "Verworfen",
    "Not wanted any more; its file stays": "Nicht mehr gewollt; seine Datei bleibt",
    "Note on Take": "Notiz zum Take",
    "Write a note on the job's take, a line of at most 500 characters. Kept in the journal; not undone": (
        "Eine Notiz zum Take des Auftrags schreiben, eine Zeile von höchstens 500 Zeichen. Steht im Journal; wird "
        "nicht rückgängig gemacht"
    ),
    "Note": "Notiz",
    "What to remember of the take": "Was vom Take zu merken ist",
    "The note has more than {most} characters.": "Die Notiz hat mehr als {most} Zeichen.",
    "Shorten the note.": "Die Notiz kürzen.",
    "There is no job {job}.": "Es gibt keinen Auftrag {job}.",
    "Choose one of the jobs in the sidebar.": "Einen der Aufträge in der Seitenleiste wählen.",
    "The takes of the selected shot": "Die Takes des ausgewählten Shots",
    "Show earlier or later takes": "Frühere oder spätere Takes zeigen",
    "{count} of {shot}": "{count} von {shot}",
    "Select a shot that was sent, or its take, to see its takes": (
        "Einen Shot auswählen, der gesendet wurde, oder seinen Take, um seine Takes zu sehen"
    ),
    "Note…": "Notiz …",
    "Take {number} of “{shot}” has landed; the pick stays": (
        "Take {number} von „{shot}“ ist angekommen; der gewählte bleibt"
    ),
    "Take {number} of “{shot}” has landed; the first of the press stays": (
        "Take {number} von „{shot}“ ist angekommen; der erste desselben Auftrags bleibt"
    ),
    "Flip, over the Timeline": "Wechseln, über der Zeitleiste",
    "Flip, over the Viewer": "Wechseln, über der Vorschau",
    "Next Take": "Nächster Take",
    "Previous Take": "Voriger Take",
    # ---- briefs
    "The scene “{scene}” is linked from another file: its settings cannot be changed.": (
        "Die Szene „{scene}“ ist aus einer anderen Datei verknüpft: Ihre Einstellungen lassen sich nicht ändern."
    ),
    "Open that file, or make the scene local first.": "Jene Datei öffnen oder die Szene zuerst lokal machen.",
    "The file of a reference is missing: {path}. Restore it, or remove the reference.": (
        "Die Datei einer Referenz fehlt: {path}. Wiederherstellen oder die Referenz entfernen."
    ),
    "The model “{model}” is none that this Reshoot has: the one that was set stays. Choose another one.": (
        "Das Modell „{model}“ hat dieses Reshoot nicht: Das eingestellte bleibt. Ein anderes wählen."
    ),
    "“{name}” of the shot's brief is nothing that Reshoot knows, and was left out.": (
        "„{name}“ im Briefing des Shots kennt Reshoot nicht; es wurde weggelassen."
    ),
    "The brief that the file keeps with the shot cannot be read, and was left as it is.": (
        "Das Briefing, das die Datei beim Shot aufbewahrt, ist nicht lesbar und bleibt, wie es ist."
    ),
    "The model “{model}” is none that this Reshoot has.": "Das Modell „{model}“ hat dieses Reshoot nicht.",
    "Choose one of these: {models}.": "Eines von diesen wählen: {models}.",
    "“{shot}” is not in this timeline any more, so nothing was sent.": (
        "„{shot}“ ist nicht mehr in dieser Zeitleiste, es wurde nichts gesendet."
    ),
    "Open the scene that has it, or select what is to be sent and use the take's brief.": (
        "Die Szene öffnen, die ihn hat, oder das zu Sendende auswählen und das Briefing des Takes verwenden."
    ),
    "“{shot}” lies in {count} places of the timeline.": "„{shot}“ liegt an {count} Stellen der Zeitleiste.",
    "Select the one that is to be sent.": "Die auswählen, die gesendet werden soll.",
    "Again": "Noch einmal",
    "Send the shot of this take once more with the take's brief, as the shot is now; the settings stay as they are": (
        "Den Shot dieses Takes noch einmal mit dessen Briefing senden, so wie er jetzt ist; die Einstellungen bleiben"
    ),
    "The model that edits it; the take's own where it is empty": (
        "Das Modell, das ihn bearbeitet; das des Takes, wo es leer ist"
    ),
    "Shown": "Gezeigt",
    "The shot whose brief this is: its id, if it has one, and its strip": (
        "Der Shot, dessen Briefing dies ist: seine Kennung, falls er eine hat, und sein Streifen"
    ),
    "Began": "Begonnen",
    "What this brief was when it was shown or kept last": (
        "Was dieses Briefing war, als es zuletzt gezeigt oder aufbewahrt wurde"
    ),
    "No shot has a brief that was not sent.": "Kein Shot hat ein Briefing, das nicht gesendet wurde.",
    "Select a shot, and write what should change in it.": (
        "Einen Shot auswählen und schreiben, was sich darin ändern soll."
    ),
    "{count} shots have drafts; at most {most} are sent at once.": (
        "{count} Shots haben Entwürfe; höchstens {most} werden auf einmal gesendet."
    ),
    "Select some of them, and send those first.": "Einige davon auswählen und diese zuerst senden.",
    "Drafts that are sent: {count}.": "Entwürfe, die gesendet werden: {count}.",
    "Send All Drafts": "Alle Entwürfe senden",
    "Send every shot of the scene whose brief was not sent yet, each by its own; the sum is asked first": (
        "Jeden Shot der Szene mit eigenem, noch nicht gesendetem Briefing damit senden; zuerst wird die Summe gefragt"
    ),
    "Use This Brief": "Dieses Briefing verwenden",
    "Bring prompt, references, model and options of this take back into the panel": (
        "Prompt, Referenzen, Modell und Optionen dieses Takes zurück in das Panel bringen"
    ),
    # Order among the jobs
    "Dismissed": "Entfernt",
    "Show Dismissed": "Entfernte zeigen",
    "List the jobs that were dismissed too, to bring one back": (
        "Auch die entfernten Aufträge auflisten, um einen zurückzuholen"
    ),
    "Off the list; without it a job that was dismissed is brought back": (
        "Nicht in der Liste; ohne dies wird ein entfernter Auftrag zurückgeholt"
    ),
    "List the job again, and go on with it where it stood": (
        "Den Auftrag wieder in die Liste nehmen und dort weitermachen, wo er stand"
    ),
    "The job was dismissed: bring it back first.": "Der Auftrag wurde entfernt: erst zurückholen.",
    "What was to be sent of “{shot}” is not kept any more: the job was dismissed.": (
        "Was von „{shot}“ gesendet werden sollte, ist nicht mehr da: Der Auftrag wurde entfernt."
    ),
    "Dismiss it again, and send the shot anew; nothing was charged for this.": (
        "Den Auftrag wieder entfernen und den Shot neu senden; hierfür wurde nichts berechnet."
    ),
    "Clean Up Rejected Takes…": "Verworfene Takes aufräumen …",
    "Same with Another Model": "Mit einem anderen Modell",
    "Clean Up Rejected Takes": "Verworfene Takes aufräumen",
    "Remove the files of rejected takes that no strip of this file shows from the disk. Receipts and jobs stay": (
        "Die Dateien verworfener Takes, die kein Streifen dieser Datei zeigt, von der Platte entfernen. Belege und "
        "Aufträge bleiben"
    ),
    "The ids of their jobs, apart by commas": "Die Kennungen ihrer Aufträge, durch Kommas getrennt",
    "No rejected take can be removed: each is in use, or there is none.": (
        "Kein verworfener Take kann entfernt werden: Jeder wird benutzt, oder es gibt keinen."
    ),
    "Remove {size} MB from the Disk?": "{size} MB von der Platte entfernen?",
    "Remove": "Entfernen",
    "Another file that shows one of them cannot be known here.": (
        "Ob eine andere Datei einen davon zeigt, ist hier nicht bekannt."
    ),
    "No take is named. Give the ids of the jobs whose rejected takes are to go.": (
        "Kein Take ist genannt. Die Kennungen der Aufträge angeben, deren verworfene Takes weg sollen."
    ),
    "Nothing was removed.": "Nichts wurde entfernt.",
    "Nothing of it was removed.": "Nichts davon wurde entfernt.",
    "The disk with the takes has not answered yet.": "Die Platte mit den Takes hat noch nicht geantwortet.",
    "Try again in a moment.": "Gleich noch einmal versuchen.",
    "Try again once it is closed there.": "Noch einmal versuchen, wenn es dort geschlossen ist.",
    "Its file was removed; Retry fetches it again as long as the service has it": (
        "Seine Datei wurde entfernt; „Wiederholen“ holt sie wieder, solange der Dienst sie hat"
    ),
    "The take of “{shot}” stays on disk: {why}.": "Der Take von „{shot}“ bleibt auf der Platte: {why}.",
    "it is not in the folder of this project's takes": "er liegt nicht im Ordner der Takes dieses Projekts",
    "its file has another name than Reshoot gave it": "seine Datei heißt anders, als Reshoot sie genannt hat",
    "its file is not on disk any more": "seine Datei ist nicht mehr auf der Platte",
    "its file is a link, or no file": "seine Datei ist eine Verknüpfung oder keine Datei",
    "the open file uses it": "die offene Datei benutzt ihn",
    "it is not rejected": "er ist nicht verworfen",
    "it has not landed": "er ist nicht angekommen",
    "it waits to be placed": "er wartet darauf, eingesetzt zu werden",
    "Search": "Suchen",
    "List only the jobs whose prompt, shot or note has each of these words": (
        "Nur die Aufträge auflisten, deren Prompt, Shot oder Notiz jedes dieser Wörter hat"
    ),
    "No job has these words": "Kein Auftrag hat diese Wörter",
}
