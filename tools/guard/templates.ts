// Sentences of our own in the registers people write to a model in: chat with a bank, support tickets, letters and forms,
// staff records, operations, medicine, travel, news, reviews, dialogue. `{slot}` is filled by grammar.ts and labelled.

const unescaped = (line: string) => line.replaceAll('\\n', '\n').replaceAll('\\t', '\t')

export const TEMPLATES: readonly string[] = `
Hi, this is {person}. Can you tell me my balance?
Hello, my name is {person} and I can't log in since {weekday}.
hi im {lowername}, need help with my card
hey it's {lowername} again
I am {person}, customer number {num}.
Please change the name on my account from {full} to {full}.
My new address is {address}, effective immediately.
We moved to {address} last month, please update your records.
Please send the replacement card to {address}.
Could you post the contract to {address}, attention {person}?
I live at {address}.
My parents live in {place}, at {street}.
I was at your branch on {street} in {city} and nobody helped me.
Is there an ATM near {street}?
Ship it to {address} please, not to the old one.
Where do I send the form? User: {address}
Agent: what is your address? Customer: it's {address}.
Bot: What's your full name? User: {person}
Bot: And your city? User: {city}
Bot: Who should receive the transfer? User: {person}, {address}
Assistant: Thank you, {mr} {last}. Is there anything else?
Thank you {first}, have a nice day!
Thanks, {first}
Best regards,\\n{full}\\n{job}\\n{org}
Kind regards,\\n{full}
Sincerely,\\n\\n{full}\\n{address}
Yours faithfully,\\n{mr} {full}
Dear {mr} {last},\\n\\nthank you for your letter of {date}.
Dear {first},\\nWe are glad to welcome you at {org}.
Dear {full}, your parcel will arrive tomorrow.
Hi {first}, could you forward this to {first} and {first}?
To: {full}\\nFrom: {full}\\nSubject: meeting in {city}
Name: {full}\\nStreet: {street}\\nCity: {city}\\nCountry: {country}\\nPhone: {phone}
Name: {person}\\nAddress: {address}\\nAge: {age}
Full name: {full}, Date of birth: {date}, Nationality: {people}
First name: {first}\\nLast name: {last}\\nEmail: {email}
Customer: {full}\\nCompany: {org}\\nDelivery address: {address}
Patient: {full}\\nAge: {age}\\nComplaint: headache
Contact: {full}, {job} at {org}, {phone}
Billing to:\\n{full}\\n{street}\\n{zip} {city}\\n{country}
Ship to:\\n   {full}\\n   {org}\\n   {address}
{full}\\n{street}\\n{city}\\n{country}\\n{zip}
{full}\\n{org}\\n{street}\\n{zip} {city}
{full}\\n\\n{job}\\n\\nPhone: {phone}\\nEmail: {email}\\nAddress: {address}
{full}\\n{city}, {country}
{full} | {job} | {org} | {city}
{full}, {job}, {org}
{last}, {first}
1. {full}\\n2. {full}\\n3. {full}
- {full} ({org})\\n- {full} ({org})
Attendees: {full}, {full}, {full} and {full}
There were four of them: {first}, {first}, {first} and {first}.
The winners are {full}, {full}, {full}.
{full} and {full} got married in {city}.
{first} and {first} are coming over for dinner.
{full} lives in {place}.
{full} moved from {place} to {place} in {year}.
{full} was born in {city} in {year}.
{full} was born on {date} in {city}, {country}.
{full} ({year} - {year}) was a {people} {job}.
{last} studied law at the University of {city}.
{last} joined {org} as {job} in {year}.
{full}, a {people} {job}, has died aged {age}.
{full}, {age}, of {city}, was charged on Monday.
Police arrested {full} in {place} last night.
{last}'s lawyer said the verdict was unfair.
The trial of {full} starts in {city} next week.
{country} president meets {people} delegation
Floods in {place} leave thousands homeless
{org} shares fall after {people} court ruling
{org} to cut 500 jobs in {place}
{org} buys {org} for $3 billion
{org} CEO {full} steps down
"We will fight this," said {full}, chief executive of {org}.
"I have never been to {place}," {last} told reporters.
According to {full}, the talks in {city} failed.
{org} is a {people} company based in {city}.
{org} was founded in {year} by {full} and {full}.
The headquarters of {org} are at {address}.
You can find {org} at {address}.
Our {city} office is located at {address}.
The {org} branch in {city} closes at noon.
Does {org} have an office in {country}?
I work for {org} in {city}.
I've been working at {org} as a {job} since {year}.
My sister is a {job} at {org}.
She quit her job as {job} and moved to {place}.
He works as a {job}.
I am a {job} and I'm looking for a loan.
Our {job}, {full}, will call you back.
My boss {first} said I should ask you.
{first} is the {job} in our team.
Ask {first} from accounting.
Ping {first} on slack, {first} owns that service.
{first} deployed to production again and broke checkout.
assigned to {full}, reviewed by {full}
On-call this week: {full}. Backup: {full}.
The server room in {city} lost power.
Please reset the password of {full}.
Create an account for {full} ({email}), {job}, starts on {date}.
New hire: {full}, reports to {full}, office {city}.
Salary review for {full}: {num} EUR, {job}, grade 5.
{full} is on parental leave until {date}.
Terminate the contract of {full} with {org}.
I want to add my wife {first} to the account.
My husband {full} passed away, how do I close his account?
Please remove {full} from the list of authorised users.
Can my son {first} use my card?
My daughter {first} turned {age} yesterday.
My {age} year old son needs a passport.
I'm {age} years old.
I am {age} and retired.
A {age}-year-old man from {place} was injured.
Patient is a {age} year old female with chest pain.
She turned {age} in March.
He died at the age of {age}.
At {age}, {full} is the youngest {job} of the team.
Born in {year}, {first} grew up in {place}.
Back in {year} we lived in {place}.
In {year}, {org} opened its first shop in {city}.
The {year} film stars {full} and {full}.
{full} directed the movie in {year}.
Directed by: {full}
Written by {full}
Starring: {full}, {full}
Music by {full}
Have you read the new book by {full}?
Did you hear the new {last} album?
I saw {full} live in {city}, amazing show!
{full}'s voice on this record is incredible.
Not a big fan of {last}, but this song is great.
The guitar solo by {full} makes this track.
Recorded in {city} for {org} in {year}.
The band met in {place} in {year}.
This song is about {first}, a girl from {place}.
Oh {first}, don't go!
"{first}, where are you?" shouted {first}.
{first}: Are you coming?\\n{first}: Yes, in ten minutes.
{first} asked {first}: "Is that yours?"
{first} said that {first} had left for {place}.
{first} gave {first} her address: {address}
{first} is such a good friend.
{first} is very kind, everybody likes him.
Have you met {first} yet?
Do you know {full}?
I haven't seen {full} since {year}.
Has anyone talked to {first} about this?
Let's follow up with {first} next week.
Tell {first} I said hi.
Say hello to {first} and {first}!
Happy birthday {first}!
RIP {full}
Congrats {first} :)
{full} for president!
@{handle} thanks for the tip, see you in {city}
So excited to see {full} tonight in {city}!!
just landed in {city}
omw to {city}
Who wants to join me in {place} this weekend?
We are flying to {place} tomorrow.
Going to {country} for two weeks, will my card work there?
My flight from {city} to {city} was cancelled.
I need a hotel in {city} near {street}.
Can I use my card in {country}?
What is the time in {city}?
What's the weather like in {city}?
She comes from {place}.
I'm from {country} originally but live in {city} now.
We met in {place} and married in {place}.
The capital of {country} is {city}.
They travelled through {country}, {country} and {country}.
The king arrived in {city} from {city} yesterday.
Our best customers are in {country} and {country}.
{people} food is my favourite.
There is a nice {people} restaurant on {street}.
Where is the {people} embassy? It's at {address}
I am {people} but my wife is {people}.
He speaks {people} and {people}.
The {people} government refused to comment.
A {people} tourist lost his passport in {city}.
The {people} community in {city} is large.
Take the bus to {street}.
Turn left onto {street} and walk to {street}.
It's on the corner of {street} and {street}.
The accident happened on {street} in {city}.
The shop at {street} is closed.
Pick me up at {street}.
He lives on {street}.
The house on {street} was sold in {year}.
The package was delivered to {address} this morning.
Invoice address: {address}
Return address: {org}, {address}
My office is at {address}, third floor.
Property: {address}. Owner: {full}.
The meeting will be held at {org}, {address}.
Emergency at {address}, {person} unconscious.
Lease between {full} and {org} for the flat at {street}, {city}.
I, {full}, residing at {address}, hereby appoint {full} as my attorney.
This agreement is made between {org} and {org}.
Witness: {full}\\nSigned in {city} on {date}
The claimant, {mr} {full}, bought the car in {year}.
Judge {last} dismissed the case against {org}.
{mr} {last} called about the invoice.
{mr} {last} and {mr} {last} are waiting in the lobby.
Is {mr} {full} available?
Can you address me as {mr} {full} on the card?
Put {mr} {last} on the guest list.
{mr} {full} from {org} will present the results.
{mr} {last} is our new {job}.
Our keynote is by {full} of {org}.
{full} of {org} won the award, ahead of {full} of {org}.
The {last} version of the song was recorded for {org}.
The {last} case was widely reported.
The {last} family lives next door.
The {last}s are on holiday.
Transfer 200 EUR to {full}, IBAN {iban}.
I sent {num} USD to {full} by mistake.
Standing order to {org}, reference {num}.
Direct debit from {org} was taken twice.
Payee: {full}; amount: {num}; note: rent
Please add {full} as a beneficiary.
I want {full} removed as a joint holder.
What is the SWIFT code of {org}?
My card {card} was stolen in {city}.
My card number is {card}, name on the card {full}.
Block the card of {full} ending {num} please.
My phone is {phone}, ask for {first}.
You can mail me at {email} or call {first} at {phone}.
My website is {url}
See {url} for details, or ask {first}.
SELECT * FROM customers WHERE name = '{full}' AND city = '{city}';
{"name": "{full}", "city": "{city}", "country": "{country}"}
{"customer": {"firstName": "{first}", "lastName": "{last}", "address": "{street}"}}
name,city,amount\\n{full},{city},{num}\\n{full},{city},{num}
INSERT INTO users (first_name, last_name) VALUES ('{first}', '{last}');
author: {full} <{email}>
Summarize the following email from {full} to {full}.
Translate this letter to {people}: Dear {first}, how are you?
Write a poem for my wife {first}.
Write a reference letter for {full}, who worked as {job} at {org}.
Draft an email to {mr} {last} at {org} about the delay.
Who is {full}?
Compare {org} and {org}.
Tell me about {full}, the {people} {job}.
How far is {city} from {city}?
Explain the history of {place}.
CUSTOMER {upname} CALLED FROM {upcity}
ATTN: {upname}, {upstreet}, {upcity}
{full} -- {place}
> {full}\\n> {street}\\n> {city}
{full}: I can't hear you
Interview with {full}, {job}
by {full} in {city}
Photo: {full}/{org}
Rev. {full} spoke at the church in {city}.
Captain {last} and Lieutenant {last} were absent.
Grandma {first} used to live in {place}.
Aunt {first} sends her love from {place}.
Coach {last} praised {full} after the match against {org}.
{org} beat {org} 3-1 in {city}.
The patient, {full}, was transferred from {org} to {org}.
Dr. {last} prescribed ibuprofen.
Referring physician: {full}, {org}
{first} {initial} {last}
Emergency contact: {full} (mother), {phone}
I bought it at {org} on {street}.
The driver's name was {first}, license plate unknown.
I spoke with a {first} from {org} support, very rude.
{first} at the {city} branch was very helpful.
Could I speak to {first} or {first} please?
please call {lowername} {lowerlast} back asap
can u send it to {lowerstreet}, {lowercity}
i live in {lowercity} now
my friend {lowername} told me about {org}
mr {lowerlast} wants a refund
tell {lowername} and {lowername} to come
Mein Name ist {full} und ich wohne in der {street} in {city}.
Sehr geehrter Herr {last}, vielen Dank für Ihre Nachricht.
Sehr geehrte Frau {last}, anbei die Rechnung der {org}.
Liebe Grüße, {first}
Bitte senden Sie die Karte an {full}, {address}.
Ich komme aus {place} und arbeite bei {org}.
{full} aus {city} hat sich beschwert.
Je m'appelle {full} et j'habite à {city}.
Bonjour Monsieur {last}, votre colis est arrivé.
Madame {last} habite au {street}, {zip} {city}.
Cordialement, {full}
Veuillez envoyer la facture à {org}, {address}.
{full} travaille chez {org} à {city}.
Me llamo {full} y vivo en {city}.
Estimado señor {last}, gracias por su mensaje.
Mi dirección es {address}.
Un saludo, {first}
{full} trabaja en {org}, en {city}.
Mi chiamo {full} e abito in {street}, {city}.
Gentile {full}, la sua carta è pronta.
Cordiali saluti, {full}
Meu nome é {full} e moro em {city}.
Mijn naam is {full} en ik woon in {city}.
Met vriendelijke groet, {full}
Nazywam się {full}, mieszkam w {city}, {street}.
Jag heter {full} och bor i {city}.
Jeg hedder {full} og bor på {street}.
Nimeni on {full} ja asun osoitteessa {street}, {city}.
Jmenuji se {full} a bydlím v {city}.
A nevem {full}, {city}, {street}.
{first} laughed at {first} and left the room.
{first} yelled at {first}: "Leave me alone!"
{first} was late again.
{first} will be thirty next year.
{last} was right about everything.
{last} wrote the song in one night.
{last} won the election in {place} by a narrow margin.
{last} and {last} agreed on a new contract.
{last}: "What do you want?"\\n{last}: "I want to talk to {first}."
{first}: "Hello?"\\n{first}: "Hi, it's {first}'s brother."
{full} has just signed a deal with {org}.
{full} is always on time, you can rely on her.
{full} wrote several books while studying at the University of {place}.
{full} started out as a {job} before joining {org}.
{full} of {org} says prices will rise.
{full} from {org} opens the conference.
{full} said on {weekday} that {org} would appeal.
{full}'s killer was caught in {place}.
{full}'s sister lives in {city}.
The {full} interview was cancelled.
The {org} office is closed today.
The {org} building on {street} burned down.
The {org} app does not work.
The address of {org} is {address}
The CEO of {org} is {full}.
The new {job} at {org} is {first} {last}.
The lead singer, {full}, left the band in {year}.
The song was written by {full} when she was {age}.
The album was released by {org} in {year}.
The film was shot in {place} and {place}.
The museum of {place} owns two paintings by {full}.
The mayor of {city}, {full}, opened the bridge.
The {people} {job} {full} won the prize in {year}.
The {people} bank {org} has a branch in {city}.
{org} is an {people} investment bank.
{org} is a {people} multinational.
{org} hired {full} as its new {job}.
{org} invested heavily in {place} during {year}.
{org} paid for the whole trip to {city}.
{org} sent me a letter that I don't understand.
{org}'s {full} and {org}'s {full} were shortlisted.
During {year}, {org} grew quickly.
Between {year} and {year} she worked for {org}.
Since {year} we have lived at {street}.
It all happened in {year}, in {place}.
It was on {street} that we first met {first}.
We walked down {street} and up {street} to the {org} building.
Enter from {street}.
You must turn right at {street}.
The tram stops at {street}.
The letter was sent to {address} two days ago.
My old address, {address}, is no longer valid.
Is {address} the right address?
Please validate this address: {address}
Please deliver to: {address}
Deliver it to the corner of {street} and {street}.
I want my statement sent to {address}, please.
We will be at {address} from five o'clock.
Where are we eating? At the {people} place in {address}
Meet me at {org}, {street}, {city}.
Address:\\n{street}\\n{city}\\n{country}
Address:     {address}
Residence: {address}
Name:   {full}
Beneficiary: {full}\\nBank: {org}\\nCity: {city}
Title: {mr}\\nName: {full}\\nOccupation: {job}\\nEmployer: {org}
Occupation: {job}
Profession: {job}\\nAge: {age}
{full}\\n\\n{job}\\n\\nContact:\\nPhone:\\n{phone}\\nE-mail:\\n{email}\\nWebsite:\\n{url}\\nAddress:\\n{address}.
{full}\\n{email}\\n{phone}\\n{address}
{full}\\n\\n{city}\\n{country}
{full}\\n\\n{street}\\n{city}
> {full}\\n> {org}\\n> {full}\\n> {street}\\n> {city}\\n> {country} {zip}
I used to be a {job} at {org}, now I am retired.
I used to work at {org} as {job}.
I work as {job} in {city}.
She trained as a {job} in {place}.
Looking for a {job} in {city}.
He was a {job} by profession.
When she was {age} she moved to {place}.
He wrote it when he was {age}.
I'll turn {age} next month.
I will be {age} on {weekday}.
Next week I turn {age}.
She is {age}.
He is {age}, she is {age}.
My mother retired at {age}.
My grandfather died when he was {age}.
He's already {age}!
This {age} year old patient has a fever.
The {age}-year-old {job} from {city} won.
Retired at the age of {age}, {full} moved to {place}.
I'm in {place} right now for a conference.
I come from {place}.
I was raised in {place}.
Who is coming with me to {place}?
Has anybody been to {place} lately?
Greetings from {place}!
We returned to {place} by train.
In {place} they eat dinner very late.
In {country} people drive on the left.
{place} is beautiful in spring.
{place} leader threatens {place} with war
{country} wins against {country} in {city}
{people} police find {full} in {place}
Explosion in {city} kills three
I am glad that {country} joined, said {last}.
"{place} is moving forward," says {full}.
Have you been to a {full} concert?
Have you heard {first} sing?
Did {first} tell you about {org}?
What did {full} say about {full}?
Why did {first} leave {org}?
Where does {first} live?
When is {first} coming back from {place}?
I love {full}!
I can't stand {last}.
I would like to add my kid {first} to the policy.
I need to change the name on the card to {mr} {full}.
My name is spelled wrong, it should be {mr} {full}.
My name is {lowername} {lowerlast}
this is {lowername} from {lowercity}
i met {lowername} {lowerlast} in {lowercity}
have you seen {lowername} today?
{lowername} is my best friend
{lowername} {lowerlast} lives in {lowercity}
we went to {lowercity} by bus
send it to {lowername} {lowerlast}, {lowerstreet}, {lowercity}
Hi {first}, I have a problem with a transfer to IBAN {iban}.
Hi {full}, your card {card} has been blocked.
Card holder: {full}, card number {card}
Dr. {full} and nurse {first} were on duty.
Prof. {last} teaches at {org}.
Mrs. {last} lost her purse in {city}.
Ms. {full} is our contact at {org}.
Sir {full} visited {city}.
Queen {first} of {country} visited {place}.
Saint {first} is venerated in {place}.
President {last} met Chancellor {last} in {city}.
Senator {full} voted against it.
Inspector {last} searched the house on {street}.
Uncle {first} and cousin {first} live in {place}.
{first}, {first} and {first} went to {place}.
{first} & {first} invite you to {address}.
@{handle} did you see {full} on TV?
RT @{handle}: {org} is down again
Follow {full} on Instagram!
Winner: {full} ({country})
Goals: {last} 12', {last} 45', {last} 78'
Squad: {last}, {last}, {last}, {last}, {last}
Cast: {full} as {first}, {full} as {first}
Editor: {full}. Photos: {full}. Music: {full}.
References: {last} ({year}), {last} and {last} ({year}).
{last} et al. ({year}) showed that this is wrong.
See {last}, {year}, for the proof.
cc {first}, {first}
+{first} can you take a look?
Reviewed-by: {full} <{email}>
Meeting notes\\nPresent: {first}, {first}, {first}\\nAbsent: {first}
Action: {first} to call {org} by {weekday}.
Escalated to {full} at noon because {org} was unreachable.
Incident owner: {full}; customer affected: {org} ({city}).
Lead: {full}, {job}, {org}, {city}, {phone}
Deal with {org} lost, {first} will follow up.
Applicant {full} from {city} has five years of experience as {job}.
Interviewer: {first} {last}\\nCandidate: {full}
{full} will replace {full} as {job}.
Please give {full} access to the {city} share.
User {full} reports that the printer in {city} is broken.
Customer {full} from {place} asks for a refund.
The account belongs to {full}, born in {city}.
Loan application of {full}, {age}, {job}, living at {address}.
{full} owes {full} 300 euros.
The will of {full} names {full} and {full}.
Marriage of {full} and {full}, {city}, {year}.
Heute hat {full} den Vertrag unterschrieben.
Morgen kommt {first} zu Besuch.
Die Kundin {full} wartet seit Montag auf ihre Karte.
Der Kollege {last} aus {city} hat die Lieferung bestätigt.
Ich habe mit Frau {last} und Herrn {last} gesprochen.
Wir treffen {first} am Bahnhof in {city}.
Wer ist {full}? Arbeitet er bei {org}?
Die Wohnung von {full} liegt in der {street}.
Am Freitag fliegt {first} nach {place}.
Name: {full}, Anschrift: {street}, {zip} {city}
Aujourd'hui, {full} a signé le contrat.
Demain, {first} arrive de {city}.
Le client {full} attend sa carte depuis lundi.
La collègue {last} travaille à {city}.
Avez-vous vu {full} hier soir ?
J'ai parlé avec Monsieur {last} de {org}.
L'appartement de {full} se trouve {street}.
Nom : {full}, adresse : {street}, {zip} {city}
Hoy {full} firmó el contrato.
Mañana llega {first} de {city}.
El cliente {full} espera su tarjeta desde el lunes.
La señora {last} trabaja en {org}.
¿Ha visto a {full} esta semana?
Hablé con {first} y {first} sobre el pago.
Vive en {street}, {city}.
Nombre: {full}, dirección: {street}, {zip} {city}
Oggi {full} ha firmato il contratto.
Domani arriva {first} da {city}.
Il cliente {full} aspetta la carta da lunedì.
Ha visto {full} questa settimana?
Hoje {full} assinou o contrato.
Amanhã chega {first} de {city}.
O cliente {full} espera o cartão desde segunda-feira.
Falei com a senhora {last} sobre a conta.
Vandaag heeft {full} het contract getekend.
Morgen komt {first} uit {city}.
De klant {full} wacht sinds maandag op zijn pas.
Ik sprak met mevrouw {last} van {org}.
Idag skrev {full} under avtalet.
Imorgon kommer {first} från {city}.
Kunden {full} väntar på sitt kort.
Jag talade med {first} om räkningen.
I dag har {full} skrevet under.
Kunden {full} venter på sit kort.
Dzisiaj {full} podpisał umowę.
Jutro przyjeżdża {first} z {city}.
Klient {full} czeka na kartę od poniedziałku.
Rozmawiałem z panią {last} o rachunku.
Dnes {full} podepsal smlouvu.
Zítra přijede {first} z {city}.
Zákazník {full} čeká na kartu.
Mluvil jsem s {first} o účtu.
Ma {full} aláírta a szerződést.
Holnap jön {first} ide.
Az ügyfél, {full}, vár a kártyára.
Beszéltem {first} kollégával a számláról.
Bugün {full} sözleşmeyi imzaladı.
Estimada {full}: le confirmamos la cita del martes.
Hablé con {full} y me dijo que {first} no estaba.
El contrato lo firmó {full}; la copia la tiene {first}.
Si llama {first}, dígale que {full} ya pagó.
Gracias, {first}. Un saludo, {full}
Firmado: {full}
Ayer vimos a {full} con {first} en {city}.
Domicilio: {local}. Titular: {full}.
Gentile {full}, le confermiamo la prenotazione.
Ho parlato con {full} e con {first}.
La pratica è seguita da {full}. Cordiali saluti, {full}
Indirizzo: {local}. Intestatario: {full}.
Domani arriva {first} da {city}.
Cara {full}, confirmamos a reserva.
Falei com {full} e {first} sobre a fatura.
Atenciosamente, {full}
Endereço: {local}. Titular: {full}.
Geachte mevrouw {last}, hierbij de offerte.
Ik sprak {full} en {first} over de offerte.
Adres: {local}. Rekeninghouder: {full}.
Szanowna Pani {full}, potwierdzamy termin.
Rozmawiałem z {full} i {first} o umowie.
Z poważaniem, {full}
Adres: {local}. Posiadacz konta: {full}.
Paczkę odebrała {full}, a podpisał {first}.
Vážená paní {last}, potvrzujeme termín.
Vážený pane {last}, děkujeme za zprávu.
Mluvil jsem s {full} a s {first} o smlouvě.
S úctou {full}
Adresa: {local}. Majitel účtu: {full}.
Balík převzala {full}, podepsal {first}.
Minulý týden nás navštívil {full} z {city}.
Smlouvu poslala {full}, kopii má {first}.
Jmenuji se {full} a bydlím v {city}.
Řekl mi to {full}.
Ahoj {first}, přijdeš zítra?
Kedves {first}! Köszönöm a levelet.
Tisztelt {full}! Megerősítjük az időpontot.
A nevem {full}, {city} lakosa vagyok.
Beszéltem {full} kollégával és {first} főnökével.
Üdvözlettel, {full}
Cím: {local}. Számlatulajdonos: {full}.
A csomagot {full} vette át, {first} írta alá.
Múlt héten {full} járt nálunk.
A szerződést {full} küldte, a másolat {first} asztalán van.
Hol van {first}?
Bästa {first}, tack för brevet.
Jag pratade med {full} och {first} om avtalet.
Med vänliga hälsningar, {full}
Adress: {local}. Kontoinnehavare: {full}.
Paketet hämtades av {full}, {first} skrev under.
Förra veckan kom {full} från {city}.
Sayın {full}, randevunuz onaylandı.
Sayın {last}, mesajınız için teşekkürler.
Benim adım {full}, {city} şehrinde yaşıyorum.
Adres: {local}. Hesap sahibi: {full}.
Dün {full} ve {first} ile görüştüm.
Paketi {full} teslim aldı, {first} imzaladı.
Geçen hafta {full} bizi ziyaret etti.
Sözleşmeyi {full} gönderdi.
Saygılarımla {full}
Yarın {first} geliyor.
Müşteri {full} kartını bekliyor.
{first} ile fatura hakkında konuştum.
Cardholder: {full}\\n{local}
Account holder: {full}, born {date}, resident at {local}
Tenant: {full}\\nProperty: {local}\\nRent: {num}
The parcel goes to {full}, {local}.
Our client {full}, {local}, owes {num} EUR.
deliver to {local}
Address of the insured: {local}
{full}\\n{local}\\n{phone}\\n{email}
{full} · {local} · {email}
name;address;amount\\n{full};{local};{num}\\n{full};{local};{num}
{"name":"{full}","address":"{local}"}
street = "{local}"
'{full}', '{local}', '{city}'
({num}, '{first}', '{last}', '{email}', '{phone}')
{num},{first},{last},{city},{date}
{num}\\t{full}\\t{city}\\t{num}
[12:{small}] {full}: thanks, that worked
[09:{small}:{small}] {first}: my address is {local}
Agent: Hello {first}, how can I help?\\n{full}: I moved to {local}
<{first}> did {first} merge it?
Curriculum vitae\\n{full}\\n{local}\\nBorn: {date} in {city}
Education: University of {city}, {year} - {year}
Employment: {year} - {year} {org}, {city}, {job}
Power of attorney: I, {full}, of {local}, appoint {full}, of {local}.
Between {org}, {local} ("Licensor"), and {full}, {local} ("Licensee").
Signed, {full} ({job})
Guten Tag, mein Name ist {full}, ich wohne in der {local}.
Guten Tag, hier spricht {full} aus {city}.
Guten Morgen Herr {last}, die Lieferung geht an die {local}.
Hallo {first}, kannst du das an {first} weiterleiten?
Ich, {full}, geboren am {date}, wohnhaft {local}, kündige den Vertrag.
Die Mieterin {full}, {local}, zahlt {num} Euro.
Rechnungsanschrift: {full}, {local}
Lieferadresse:\\n{full}\\n{local}
Absender: {full}, {local}
Mit freundlichen Grüßen\\n{full}
Viele Grüße\\n{first}
Zwischen der {org}, {local}, und {full}, {local}, wird geschlossen:
Der Patient {full} wohnt {local}.
Vertragspartner ist {full}, {local}.
Bonjour, je suis {full}, j'habite au {local}.
Bonjour, je m'appelle {full}, mon adresse est {local}.
Je soussigné {full}, né le {date} à {city}, demeurant {local}, déclare
Merci de livrer à {full}, {local}.
Adresse de facturation : {full}, {local}
Le locataire, {full}, {local}, doit {num} euros.
Cordialement,\\n{full}\\n{local}
Entre la société {org}, {local}, et {full}, {local}
Hola, soy {full}, vivo en la {local}.
Hola, me llamo {full} y mi dirección es {local}.
Yo, {full}, con domicilio en {local}, solicito la baja.
Enviar a {full}, {local}
Dirección de entrega: {local}
El inquilino {full}, {local}, debe {num} euros.
Atentamente,\\n{full}\\n{local}
Buongiorno, sono {full}, residente in {local}.
Salve, mi chiamo {full} e abito in {local}.
Il sottoscritto {full}, nato a {city} il {date}, residente in {local}, chiede
Spedire a {full}, {local}
Indirizzo di fatturazione: {full}, {local}
Distinti saluti,\\n{full}\\n{local}
Olá, sou a {full}, moro na {local}.
Olá, o meu nome é {full} e vivo na {local}.
Oi, meu nome é {full}, endereço {local}.
Eu, {full}, residente na {local}, venho pedir o cancelamento.
Morada: {local}
Endereço de entrega: {full}, {local}
Atenciosamente,\\n{full}\\n{local}
Goedemiddag, ik ben {full}, mijn adres is {local}.
Goedendag, u spreekt met {full} uit {city}.
Ondergetekende, {full}, geboren op {date}, wonende te {local}, verklaart
Bezorgadres: {full}, {local}
Met vriendelijke groet,\\n{full}\\n{local}
Dzień dobry, nazywam się {full}, adres: {local}.
Dzień dobry, tu {full}, mieszkam przy {local}.
Ja, {full}, zamieszkały {local}, wypowiadam umowę.
Adres do wysyłki: {full}, {local}
Z poważaniem,\\n{full}\\n{local}
Hej, jag heter {full}, min adress är {street}, {city}.
Hei, jeg heter {full} og bor i {street}, {city}.
Merhaba, ben {full}, adresim {street}, {city}.
Dobrý den, jmenuji se {full}, bydlím {street}, {city}.
As per {last} and {last}, the order is on hold.
{last} is out till Friday, {last} covers.
{last}, {last} and {last} signed off; {last} did not.
Per {last}: ship it.
Mevrouw {last} en de heer {last} zijn verhuisd naar {local}.
Pani {full} i pan {full} podpisali umowę.
Sra. {full} y Sr. {full}
M. {full} et Mme {full}
Sig. {full} e Sig.ra {full}
Teilnehmer: Hr. {last}, Fr. {last}, {first}, {first}
Ich möchte {full} als Bevollmächtigte eintragen, sie wohnt {local}.
ask {lowername} or {lowername} about the invoice for {lowerstreet}
`
  .trim()
  .split('\n')
  .map(unescaped)

/** Sentences with nothing private in them, capitals and numbers included: what must stay as it is. */
export const PLAIN: readonly string[] = `
How do I change my PIN?
What are your opening hours on Saturday and Sunday?
Can I pay my credit card bill with a debit card?
The API returns a 500 error when the JSON body is empty.
WHY IS THIS NOT WORKING?!
I WANT TO SPEAK TO A HUMAN
Thank You Very Much For Your Help
Words such as Freedom and Justice are written with capitals here.
Hope this helps. Grace is given, Faith is chosen.
Will you mark the date? May I come in June or in April?
The Second World War ended long ago.
The Bill was passed by the House in the Spring.
Happy New Year and Merry Christmas!
See you on Friday, or Monday at the latest.
The game Minecraft runs on Windows, Linux and macOS.
Use Python 3.12, Node.js 24 and PostgreSQL 17 with Docker and Kubernetes.
class UserAccount extends BaseModel { constructor(name) { super(name) } }
const result = await fetchData(Config.API_URL)
def calculate_total(items): return sum(item.price for item in items)
import React from 'react'
public static void main(String[] args) { System.out.println("Hello World"); }
Error: Cannot read properties of undefined (reading 'map')
TypeError: NoneType object is not iterable
Write a function that sorts a list in O(n log n).
Explain the Pythagorean theorem and Newton's second law.
Let A be a matrix and B its inverse. Then AB = I.
Solve for X: 3X + 5 = 20
The Fourier transform of a Gaussian is a Gaussian.
You are a helpful assistant. Answer in Markdown.
Create a table with the columns Name, Address, City and Phone.
Please fill in First Name, Last Name and Date of Birth.
Subject: Meeting Agenda and Next Steps
Terms and Conditions apply. See our Privacy Policy.
Product: Blue Widget, Qty: 3, Price: 19.99
Chapter 4: The Long Road Home
What is the difference between Type I and Type II errors?
Press Enter to continue, Esc to cancel.
The Internet is a global network of computers.
God save us all.
My dog ate my homework and the Sun was shining.
It takes 20 minutes and costs 15 dollars.
Order 66 contains 12 items and weighs 40 kg.
There are 365 days in a year and 24 hours in a day.
Room 214 is on the second floor.
Version 2.1 was released with 30 bug fixes.
Add 200 g flour, 3 eggs and 100 ml milk.
Score: 85 out of 100
In total 1500 people took part.
Only 2000 tickets are left.
The temperature will reach 30 degrees.
ok
Yes, please!
No problem.
Great Product, would buy again
Five Stars
Click Here To Unsubscribe
Breaking News: Markets Rally
Is my Visa card accepted everywhere?
The Bible and the Quran are holy books.
I love Pizza and Sushi
Mathematics, Physics, Chemistry and Biology are my subjects.
Q: What is AI? A: A field of computer science.
Design a REST API with OAuth 2.0, JWT and CORS support.
Step 1: Install. Step 2: Configure. Step 3: Run.
TODO: refactor the UserService and the OrderController.
The CEO and the CTO disagreed with the Board.
We value Trust, Respect and Integrity.
Bachelor of Science, Master of Arts
Level Up Your Skills Today
for (let i = 0; i < list.length; i++) { sum += list[i] }
if (x > 0 && y < 10) return foo(x, y)
int main() { int n, m; cin >> n >> m; cout << n + m << endl; }
SELECT id, name FROM orders WHERE status = 'OPEN' ORDER BY id;
df.groupby('col_a').agg({'col_b': 'mean'}).reset_index()
plt.xlabel('Time'); plt.ylabel('Value'); plt.show()
x = torch.randn(1, 3, 224, 224)
self.conv1 = nn.Conv2d(3, 64, kernel_size=3, padding=1)
Input: nums = [2,7,11,15], target = 9  Output: [0,1]
YES YES NO NO YES
1 2 3 4 5
A B C D E F G
a = 1, b = 2, c = 3
N = 100, M = 20, K = 5
Let G = (V, E) be a graph with N vertices and M edges.
The first line contains T, the number of test cases.
Option A: 30 points. Option B: 20 points.
Answer: B
uint32_t uVar1; char *pcVar2; iVar3 = func(uVar1);
[STATUS] Done [ERROR] Failed [INFO] Started
const { data, error } = useQuery(['todos'], fetchTodos)
<div className="Header"><Button onClick={handleClick}>Save</Button></div>
docker run -d -p 8080:80 --name web nginx:latest
git commit -m "Fix Bug" && git push origin main
Figure 3 shows the Loss and the Accuracy over 20 Epochs.
Use React, Vue or Angular with TypeScript.
Regular Expressions, Linked Lists and Binary Trees
English, Math and History are my favourite subjects.
Act I, Scene II
Question 1: Determine the value of X.
Capital letters like Virtue and Honor in old books are not names.
My Religion forbids it, said the Devil to the Angel.
Pros: Fast, Cheap. Cons: Noisy.
Genres: Comedy, Drama, Mystery & Suspense, Action & Adventure
Mission: To make the World a better Place
Music, Arts and Crafts for Kids & Family
Labor Day and Easter Monday are holidays.
The Lord of Darkness rises, the Prophecy says.
Können Sie mir bitte helfen? Die Karte wurde gesperrt.
Unsere Rechnung ist falsch, der Vertrag läuft noch ein Jahr.
Gestern war die Überweisung noch nicht da. Laut Vertrag gilt das Angebot.
Das Konto, die Ware, der Termin und die Lieferung sind wichtig.
Wie ändere ich das Passwort? Wo finde ich die Einstellungen?
Hier, la réunion était longue. Selon le contrat, le prix est fixe.
Pouvez-vous m'aider ? Le compte est bloqué depuis mardi.
Notre facture est fausse. Votre colis est en retard.
Ayer no funcionó la tarjeta. Según el contrato, el precio es fijo.
¿Puede ayudarme? Nuestra cuenta está bloqueada.
La cita es el martes. Gracias por su respuesta.
Ieri la carta non funzionava. Secondo il contratto il prezzo è fisso.
Può aiutarmi? Il conto è bloccato. La riunione è martedì.
Ontem o cartão não funcionou. Segundo o contrato, o preço é fixo.
Pode ajudar-me? A conta está bloqueada.
Gisteren werkte de pas niet. Volgens het contract is de prijs vast.
Kunt u mij helpen? Onze rekening klopt niet. De afspraak is dinsdag.
Igår fungerade inte kortet. Enligt avtalet är priset fast.
Kan du hjälpa mig? Kontot är spärrat. Mötet är på tisdag. Vår faktura är fel.
Wczoraj karta nie działała. Według umowy cena jest stała.
Proszę o pomoc. Konto jest zablokowane. Spotkanie jest we wtorek. Nasza faktura jest błędna.
Včera karta nefungovala. Podle smlouvy je cena pevná.
Můžete mi pomoci? Účet je zablokovaný. Schůzka je v úterý.
Tegnap nem működött a kártya. Kérem, segítsen. A számla zárolva van. A találkozó kedden lesz.
Dün kart çalışmadı. Lütfen yardım edin. Hesap kapalı. Toplantı salı günü. Fatura yanlış.
{lib} {version} needs {lib} {version} or newer.
Upgrade {lib} from {version} to {version}, then restart.
We run {lib} {version}, {lib} {version} and {lib} v{version}.
{lib}=={version}\\n{lib}=={version}\\n{lib}>={version}
"{lib}": "^{version}", "{lib}": "~{version}"
Kernel {version}-{small}-generic, {lib} {version}, {lib} {version}
{norm}, {norm} and {norm}
Tested to {norm}, {norm} and {norm}.
According to {norm} the value must not exceed {small} mm.
Nach {norm} und {norm} geprüft.
{cipher}, {cipher}, {cipher} and {cipher}
Use {cipher} instead of {cipher}; {cipher} is broken.
{hex}: {bytes}
0x{hex}: {bytes}
{hex} {words}
0000{small}0 {words}
00000{small}0: {words}
{bytes}
{words}\\n{words}
mov rax, 0x{hex}
mov eax, {small}
call 0x{hex} <{camel}+{small}>
lea rdi, [rip+0x{hex}]
push rbp\\nmov rbp, rsp\\nsub rsp, 0x{hex}
jmp 0x{hex}
addi sp, sp, -{small}\\nsw ra, {small}(sp)
{CONST} = {num}
{CONST}={camel}
#define {CONST} {num}
export const {CONST} = {num}
{camel} {CONST}({num}) NOT NULL
CREATE TABLE {camel} (id BIGINT PRIMARY KEY, {camel} VARCHAR({small}) NOT NULL, {camel} TIMESTAMP)
ALTER TABLE {camel} ADD COLUMN {camel} INTEGER DEFAULT {small};
ALTER USER app SET search_path TO {camel};
SELECT COUNT(*) FROM {camel} WHERE {camel} > {num} GROUP BY {camel} HAVING SUM({camel}) < {num}
private static final {camel} {CONST} = {camel}.get({camel}.class);
public {camel}<{camel}> findBy{camel}({camel} {camel}) { return {camel}.{camel}({camel}); }
protected void {camel}(final {camel} {camel}) throws {camel}Exception
java.lang.{camel}Exception: {camel} at com.example.{camel}.{camel}({camel}.java:{small})
	at org.example.{camel}.{camel}({camel}.java:{num})
  File "/usr/lib/{lib}/{lib}.py", line {num}, in {camel}
panic: runtime error: index out of range [{small}] with length {small}
fn {camel}(&self, {camel}: &{camel}) -> Result<{camel}, Error> {
impl {camel} for {camel} { type Item = {camel}; }
func ({camel} *{camel}) {camel}(ctx context.Context) error {
let {camel} = new {camel}({ {camel}: {small} })
{camel}.{camel}({dec}, {dec}, {dec})
color: rgba({small}, {small}, {small}, {dec}); transform: translate3d({small}px, {small}px, 0)
.{camel}:hover { margin: {small}px auto; padding: {small}px }
@media (max-width: {num}px) { .{camel} { width: {num}px } }
HEALTHCHECK CMD curl -f http://localhost:{num}/ || exit 1
FROM {lib}:{version}-alpine AS build
kind: Ingress\\nmetadata:\\n  name: {camel}
kind: Deployment\\nspec:\\n  replicas: {small}
| {CONST} | {num} | {num} | {num} |
| North | {num} | {num} | {num} |\\n| South | {num} | {num} | {num} |
| Region | {num} | {num} |\\n| Total | {num} | {num} |
Year {table}
Q1 {table}\\nQ2 {table}\\nQ3 {table}
{table}\\n{table}\\n{table}
Row {small}: {table}
epoch {small}/{small}, loss {dec}, accuracy {dec}
Epoch {small}/{num}: {camel}={dec}
step {num}/{num} lr={dec} loss={dec}
ISIN {isin}, WKN {num}
ISIN: {isin}; ticker {CONST}; price {dec}
SKU {code}, part no. {code}, EAN {card}
Part {code} replaces {code}.
Error {code}: see {code}.
Bolt {code}, {small} x {small} mm
ISBN 978-{small}-{small}-{num}-{small}
tx 0x{hex}
commit {hex}
sha256:{hex}
Build {num}.{small}, run {num}, job {num}
The distance is {big} km and the mass is {big} kg.
It is {big} km long, {big} m high and {small} m wide.
Revenue rose to {big}.{small} million, costs fell to {big}.
Population: {big}; area: {dec} km².
The speed is {num} m/s, the constant is {dec}e-{small}.
The battle took place in {year}.
The treaty was signed in {year} and expired in {year}.
The French Revolution, the Industrial Revolution and the Cold War
Compare Marxism, Liberalism and Keynesian economics.
Buddhism, Stoicism and Darwinism are schools of thought.
Planck's constant, Newton's laws and Ohm's law
Euler's formula, the Gauss curve and the Turing machine
See Section {small}.{small}(b), Article {small}(1)(f) and § {num}.
Pursuant to Clause {small}.{small} of the Agreement, the Licensee shall pay.
Case C-{small}/{small}, 28 U.S.C. § {num}
The Supplier, the Customer and the Effective Date have the meaning given in Schedule {small}.
To: helpdesk\\nFrom: support
Cc: accounting
user root, group wheel, home /root
('admin', 'guest', 'operator')
Serves {small}. Calories: {num} kcal. Bake at {num} °C for {small} minutes.
The square root of {num} is {small}.
Compute {num} mod {small} and {dec} * {dec}.
by EOD, please; COB is fine, too. ETA: 10 am.
Model {code} has {small} GB RAM and a {num} GB SSD.
Flight {code} leaves gate {small} at 10:{small}.
Tracking number {code}, weight {dec} kg
Guten Tag, ich habe eine Frage zu meiner Rechnung.
Guten Morgen, wie kann ich Ihnen helfen?
Guten Abend, vielen Dank für die schnelle Antwort.
Hallo zusammen, anbei das Protokoll.
Meine Steuer-ID und meine Kundennummer stehen im Brief.
Im Jahr {year} endete der Erste Weltkrieg, der Zweite begann {year}.
Die Deutsche Bahn hat Verspätung, der Zug kommt später.
Der Fluss fließt durch zehn Länder und ist {big} km lang.
Fassen Sie den folgenden Text in drei Sätzen zusammen.
Schreibe ein Gedicht über den Herbst und die Liebe.
Das Grundgesetz, die Verfassung und das Bürgerliche Gesetzbuch
Bonjour, je voudrais annuler ma commande.
Bonsoir, merci pour votre réponse rapide.
Rédige un poème sur la mer, sans rimes.
La Révolution a commencé en {year}.
Résume le texte suivant en trois phrases.
Hola, quiero cancelar mi pedido.
Buenos días, tengo una pregunta sobre mi factura.
Escribe un cuento sobre un faro y una botella.
La Guerra Civil terminó en {year}.
Buongiorno, vorrei disdire il mio abbonamento.
Buonasera, grazie per la risposta.
Scrivi una poesia sull'autunno.
Il Risorgimento e la Prima Guerra Mondiale
Olá, gostaria de cancelar a minha encomenda.
Oi, bom dia, preciso de ajuda com a fatura.
Bom dia, tenho uma pergunta sobre a minha conta.
Escreva um poema sobre o mar.
Goedemorgen, ik heb een vraag over mijn rekening.
Goedemiddag, kunt u mij helpen?
Schrijf een gedicht over de herfst.
De Gouden Eeuw en de Tweede Wereldoorlog
Dzień dobry, mam pytanie o fakturę.
Zamówienie nr {num} nie dotarło. Paczka zaginęła.
Numer zamówienia: {num}. Ile wynosi kwota?
Napisz wiersz o jesieni. Streść tekst w trzech zdaniach.
Druga Wojna Światowa skończyła się w {year}.
Hej, jag har en fråga om min faktura.
Hei, jeg har et spørsmål om regningen.
Merhaba, faturam hakkında bir sorum var.
Dobrý den, mám dotaz k faktuře.
Le ruego que revise la factura. Quedo a la espera. Muchas gracias. Atentamente
Dirección: ver adjunto. Dudas: escriba al soporte. Firma: pendiente. Asunto: factura
Hablé con el banco y dije que no. Llegué tarde. Pagué ayer. Viajé en tren. Nací en primavera.
Devuelvan el importe. Adjunto la copia. Espero respuesta. Saludos cordiales
Vi prego di controllare la fattura. Resto in attesa. Grazie mille. Distinti saluti
Allego la copia. Chiedo il rimborso. Oggetto: reclamo. Recapito: vedi sotto. Note: nessuna
Ho pagato ieri. Sono arrivato tardi. Nato in primavera. Firmato in originale.
Peço que verifiquem a fatura. Fico a aguardar. Muito obrigado. Cumprimentos
Dúvida sobre a encomenda. Assunto: reclamação. Morada: ver anexo. Observações: nenhuma. Contactos
Paguei ontem. Cheguei tarde. Nasci na primavera. Envio a cópia. Solicito reembolso.
Graag ontvang ik de factuur. Ik wacht op antwoord. Alvast bedankt. Hoogachtend
Betreft: klacht. Bijlage: kopie. Adres: zie onder. Opmerkingen: geen
Proszę sprawdzić fakturę. Czekam na odpowiedź. Dziękuję. Pozdrawiam
Dotyczy: reklamacja. Załącznik: kopia. Uwagi: brak. Zapłaciłem wczoraj. Mieszkam blisko. Pozdrowienia
Prosím o kontrolu faktury. Čekám na odpověď. Děkuji. Zdravím
Věc: reklamace. Příloha: kopie. Poznámka: žádná. Zaplatil jsem včera. Bydlím blízko. Přeji hezký den.
Jmenuji se jinak. Volám kvůli faktuře. Píšu vám podruhé. Pošlete mi kopii. Vraťte peníze.
Heslo nefunguje. Účet je zablokován. Smlouva končí. Adresa se změnila. Telefon nezvoní.
Kérem a számla ellenőrzését. Várom a választ. Köszönöm. Tisztelettel
Tárgy: panasz. Melléklet: másolat. Megjegyzés: nincs. Tegnap fizettem. Közel lakom. Szép napot kívánok.
Szeretném lemondani. Küldjék el a másolatot. Utalják vissza az összeget. Hívjanak vissza. Lakcímem megváltozott.
A jelszó nem működik. Számlám zárolva van. Telefonszámom új. Születési évem hibás. Címem ugyanaz.
Vänligen kontrollera fakturan. Jag väntar på svar. Tack på förhand. Hälsningar
Ärende: klagomål. Bilaga: kopia. Adressen har ändrats. Lösenordet fungerar inte. Kontot är spärrat.
Faturayı kontrol edin lütfen. Cevap bekliyorum. Teşekkürler. Saygılar
Konu: şikayet. Ek: kopya. Açıklama: yok. Adresim değişti. Telefonum çalışmıyor. Hesabım kapalı.
Şifrem çalışmıyor. Doğum tarihim yanlış. Kimlik numaram değişmedi. Kartım kayıp. Paramı iade edin. Ödeme yapıldı.
Kfz-Versicherung, Kfz-Brief, Kfz-Steuer: siehe Anlage
Steuerliche Angaben: siehe Rückseite. Persönliche Angaben: unvollständig. Gesetzliche Vertretung: keine
Identifikationsnummer: folgt. Versicherungsnummer: liegt bei. Bankverbindung: unverändert
{noun} {small}
{noun} {num}, {noun} {small}
{noun} {dec}, {noun} {dec}
{noun} {dec} · {noun} {dec} · {noun} {dec}
{noun} {small} {unit}, {noun} {dec} {unit}
{noun}: {num} {unit}
{noun} {num},00 EUR, {noun} {big},00 EUR
{noun} III, {noun} IV
{num} {unit}, {small} {unit} and {dec} {unit}
energy {num} {unit} / {num} {unit}, fat {dec} {unit}, salt {dec} {unit}
at {num} {unit} in C minor
from {noun} {small} to {noun} {small}
{code}, {code}, {code}
{code} {small}k {dec}, {code} {small}nF {code} {small}V
{code} {dec}{unit}, {code} {code}
{noun} {code}, {noun} {code}
{noun} {code} DIN {num}-{dec}
{camel} version {version}
Linux version {version}-{small}-amd64 (gcc-{small} {version})
{camel}/{version} ({camel}; {camel} {version}) {camel}/{version}
usb 1-1: New USB device found, idVendor={hex}
Skills: Go, Rust, Kubernetes {version}, Terraform, Jira, Excel
Kenntnisse: SAP, Excel, Word, Jira, Python
Languages: English (C1), Spanish (B2), French (A2)
Sprachen: Englisch (C1), Spanisch (B2), Französisch (A1)
Employment: {year}-{year}, {small} people, {small} services
{year}-{year} Projektleitung, {small} Personen
seat {small}C, gate B{small}, boarding {small}:{small}
AMS-LHR, CDG-MUC, BER-ZRH
<path d="M{small} {small}C{dec} {small} {small} {dec} {small} {small}s{dec} {small} {small} {small}z"/>
lat {dec}, lng {dec}
§ {num} StGB, Art. {small} DSGVO, BGH, Urteil vom {date} - VI ZR {small}/{small}, NJW {year}, {num}
§ {num} BGB, § {num} HGB und Art. {small} GG
Cass. civ., {date}, n° {small}-{num}
Authorization: Bearer $TOKEN
scheme: bearer\\n  type: http
openssl rand -hex {small} > secret.key
GRANT SELECT, INSERT ON {camel} TO {camel};
- name: {CONST}\\n  valueFrom: {secretKeyRef: {name: db-credentials, key: password}}
implementation("org.{camel}.{camel}:{camel}-{camel}:{version}")
data class {camel}(val {camel}: String, val {camel}: Int)
suspend fun {camel}(id: Long): Result<{camel}>
font-family: "Helvetica Neue", Arial, sans-serif
1. e4 e5 2. Nf3 Nc6 3. Bb5 a6 {small}. Ba4 Nf6
Kantian, Aristotelian and Hegelian ethics
Summarise the text. Summarize it again. Tone: formal.
Tone: friendly. Length: {small} words. Audience: beginners.
Erkläre den Unterschied zwischen Ursache und Wirkung an drei Beispielen.
Beschreibe die Funktion, nenne die Vorteile und vergleiche die Kosten.
Übersetze die Sätze ins Englische und erkläre die Grammatik.
Die Seite muss mindestens {small} Zeichen lang sein.
Der Betrag ist falsch, die Rechnung stimmt nicht, die Lieferung fehlt.
Im Anhang finden Sie den Vertrag, das Protokoll und die Liste.
Explique le fonctionnement, cite les avantages et compare les prix.
Traduis les phrases en anglais et explique la grammaire.
Explica el funcionamiento, nombra las ventajas y compara los precios.
Traduce las frases al inglés y explica la gramática.
Spiega il funzionamento, elenca i vantaggi e confronta i prezzi.
Traduci le frasi in inglese e spiega la grammatica.
Explique o funcionamento, cite as vantagens e compare os preços.
Traduza as frases para inglês e explique a gramática.
Leg de werking uit, noem de voordelen en vergelijk de prijzen.
Vertaal de zinnen naar het Duits en leg de regels uit.
Wyjaśnij działanie, wymień zalety i porównaj ceny.
Przetłumacz zdania na angielski i wyjaśnij gramatykę.
Förklara hur det fungerar, nämn fördelarna och jämför priserna.
Venho por este meio pedir ajuda. Segue em anexo o contrato.
номер карты, номер телефона и адрес
Объясните разницу между двумя понятиями и приведите примеры.
kart numaram, telefon numaram ve adresim
Metni üç cümlede özetle ve bir başlık öner.
订单号 {num}，请帮我查询。
请解释两者的区别，并举三个例子。
注文番号は{num}です。
違いを説明し、例を三つ挙げてください。
주문번호 {num} 조회해 주세요.
{compound} {num}, {compound} {num}, {compound} {dec}
{compound} {small} Monate, {compound} {small} Wochen, {compound} {dec} EUR
{compound}: {num} {unit}, {compound}: {dec} {unit}
{compound} {code}, {compound} {code}
{compound} {small} x {small} x {small} mm, {compound} verzinkt
Die {compound} beträgt {num} {unit}, der {compound} {small} {unit}.
Der {compound} und die {compound} sind im {compound} geregelt.
Wie hoch ist die {compound}? Bitte die {compound} prüfen.
{compound} je {compound}: {num} {unit}, {compound} {small} g, Fett {small} g
Zwischen {year} und {year} wandelte sich die Gesellschaft.
Entre {year} et {year}, puis de {year} à {year}.
between {year} and {year}, from {year} to {year}
do not exceed {num} mg per day; take {num} mg every {small} hours
Event ID {num}, Error 0x{hex}, port {num}
Room {num}, Stunde {small}, Raum {num}, Seite {num} Nr. {small}a
RUN apt-get update && apt-get install -y {lib}={version}
'{CONST}','{CONST}','{CONST}'
INFO [main] {camel} started\\nDEBUG [pool-{small}] {camel} done
f(x) = {small}x^2 + {small}x, f({small}) = {num}
`
  .trim()
  .split('\n')
  .map(unescaped)
