// Word lists of our own for training the names tagger: given and family names of many cultures, places, countries,
// peoples, firms, streets, occupations. They fill templates and become part of the lexicon; none was copied from a data set.

const list = (text: string): string[] =>
  text
    .trim()
    .split(/\s*,\s*|\s*\n\s*/)
    .filter(Boolean)

/** Culture: given names, family names. A family name may follow without a space rule of its own. */
export const CULTURES: Readonly<Record<string, readonly [given: readonly string[], family: readonly string[]]>> = {
  english: [
    list(
      `James, Mary, Robert, Patricia, John, Jennifer, Michael, Linda, David, Elizabeth, William, Barbara, Richard, Susan, Joseph, Jessica, Thomas, Sarah, Charles, Karen, Christopher, Lisa, Daniel, Nancy, Matthew, Betty, Anthony, Margaret, Mark, Sandra, Donald, Ashley, Steven, Kimberly, Paul, Emily, Andrew, Donna, Joshua, Michelle, Kenneth, Carol, Kevin, Amanda, Brian, Dorothy, George, Melissa, Edward, Deborah, Ronald, Stephanie, Timothy, Rebecca, Jason, Sharon, Jeffrey, Laura, Ryan, Cynthia, Jacob, Kathleen, Gary, Amy, Nicholas, Angela, Eric, Shirley, Jonathan, Anna, Stephen, Brenda, Larry, Pamela, Justin, Emma, Scott, Nicole, Brandon, Helen, Benjamin, Samantha, Samuel, Katherine, Gregory, Christine, Frank, Debra, Alexander, Rachel, Raymond, Carolyn, Patrick, Janet, Jack, Catherine, Dennis, Maria, Jerry, Heather, Tyler, Diane, Aaron, Ruth, Jose, Julie, Adam, Olivia, Nathan, Joyce, Henry, Virginia, Douglas, Victoria, Zachary, Kelly, Peter, Lauren, Kyle, Christina, Noah, Joan, Ethan, Evelyn, Jeremy, Judith, Walter, Megan, Keith, Andrea, Roger, Cheryl, Terry, Hannah, Harry, Jacqueline, Oliver, Charlotte, Liam, Chloe, Alfie, Poppy, Archie, Gemma, Nigel, Fiona, Graham, Imogen, Callum, Freya, Rhys, Sian, Ewan, Isla, Duncan, Morag, Angus, Tracy, Chad, Brooke, Dustin, Todd, Craig, Bradley, Wendy, Tina, Leon, Belle, Ray, Vicky, Tim, Tom, Bob, Jim, Mike, Dave, Steve, Kate, Liz, Beth, Sam, Alex, Chris, Nick, Ben, Joe, Dan, Matt, Andy, Tony, Greg, Ken, Ron, Don, Jeff, Jess, Katie, Jenny, Becky, Max, Leo, Eva, Grace, Ruby, Lily, Hope, Faith, Ivy, Rose, Daisy, Jasmine, Amber, Dawn, April, June, Mason, Hunter, Carter, Logan, Austin, Dallas, Madison, Savannah, Brooklyn, Autumn, Summer`,
    ),
    list(
      `Smith, Johnson, Williams, Brown, Jones, Miller, Davis, Wilson, Anderson, Taylor, Thomas, Moore, Jackson, Martin, Lee, Thompson, White, Harris, Clark, Lewis, Robinson, Walker, Young, Allen, King, Wright, Scott, Hill, Green, Adams, Nelson, Baker, Hall, Campbell, Mitchell, Carter, Roberts, Phillips, Evans, Turner, Parker, Collins, Edwards, Stewart, Morris, Murphy, Cook, Rogers, Morgan, Peterson, Cooper, Reed, Bailey, Bell, Kelly, Howard, Ward, Cox, Richardson, Wood, Watson, Brooks, Bennett, Gray, Hughes, Price, Sanders, Myers, Long, Ross, Foster, Powell, Jenkins, Perry, Russell, Sullivan, Fisher, Henderson, Coleman, Simmons, Patterson, Jordan, Reynolds, Hamilton, Graham, Wallace, Cole, West, Hayes, Bryant, Gibson, Ellis, Stevens, Murray, Ford, Marshall, Owens, McDonald, Harrison, Kennedy, Wells, Woods, Burns, Henry, Shaw, Holmes, Rice, Robertson, Hunt, Black, Palmer, Mills, Nichols, Grant, Knight, Ferguson, Stone, Dunn, Perkins, Hudson, Spencer, Gardner, Payne, Pierce, Berry, Matthews, Arnold, Wagner, Willis, Watkins, Olson, Carroll, Duncan, Snyder, Hart, Cunningham, Bradley, Lane, Andrews, Harper, Fox, Riley, Armstrong, Carpenter, Weaver, Greene, Lawrence, Elliott, Chavez, Sims, Austin, Peters, Kelley, Franklin, Lawson, Whitfield, Ashworth, Blackwood, Pemberton, Hargreaves, MacLeod, McKenzie, Sinclair, Llewellyn, Pritchard, Maclean, Fitzgerald, Byrne, Walsh, Gallagher, Doyle`,
    ),
  ],
  irish: [
    list(
      `Aoife, Siobhan, Niamh, Ciara, Saoirse, Roisin, Orla, Sinead, Sean, Conor, Cillian, Declan, Eoin, Fergus, Padraig, Ronan, Seamus, Cormac, Brendan, Dermot, Grainne, Maeve`,
    ),
    list(
      `O'Brien, O'Connor, O'Sullivan, O'Neill, O'Reilly, Kavanagh, McCarthy, Brennan, Nolan, Doherty, Quinn, Healy, Hennessy, Lynch, McGrath, Mulligan, Donnelly, Maguire, Sweeney, Keane`,
    ),
  ],
  spanish: [
    list(
      `José, María, Antonio, Carmen, Manuel, Ana, Francisco, Isabel, Juan, Dolores, David, Pilar, Javier, Teresa, Daniel, Rosa, Carlos, Cristina, Jesús, Ángeles, Alejandro, Lucía, Miguel, Elena, Rafael, Sara, Pedro, Paula, Pablo, Raquel, Sergio, Marta, Fernando, Beatriz, Jorge, Rocío, Luis, Silvia, Alberto, Patricia, Álvaro, Alba, Diego, Irene, Adrián, Nuria, Raúl, Andrea, Enrique, Sofía, Ramón, Julia, Vicente, Inés, Iván, Lorena, Rubén, Esperanza, Óscar, Natalia, Andrés, Claudia, Joaquín, Celia, Santiago, Valeria, Eduardo, Camila, Víctor, Ximena, Roberto, Gabriela, Jaime, Mariana, Ignacio, Guadalupe, Emilio, Catalina, Salvador, Consuelo, Julián, Favian, Yaco, Landerico, Narciso, Vinicio, Tarsicio, Amaranta, Leocadia, Hermenegildo, Eusebio, Primitivo, Fidelia, Nicanor`,
    ),
    list(
      `García, Fernández, González, Rodríguez, López, Martínez, Sánchez, Pérez, Gómez, Martín, Jiménez, Ruiz, Hernández, Díaz, Moreno, Muñoz, Álvarez, Romero, Alonso, Gutiérrez, Navarro, Torres, Domínguez, Vázquez, Ramos, Gil, Ramírez, Serrano, Blanco, Molina, Morales, Suárez, Ortega, Delgado, Castro, Ortiz, Rubio, Marín, Sanz, Núñez, Iglesias, Medina, Garrido, Cortés, Castillo, Santos, Lozano, Guerrero, Cano, Prieto, Méndez, Cruz, Calvo, Gallego, Vidal, León, Márquez, Herrera, Peña, Flores, Cabrera, Campos, Vega, Fuentes, Carrasco, Diez, Reyes, Caballero, Nieto, Aguilar, Pascual, Santana, Herrero, Lorenzo, Montero, Hidalgo, Giménez, Ibáñez, Ferrer, Durán, Vicente, Benítez, Mora, Arias, Vargas, Carmona, Crespo, Román, Pastor, Soto, Sáez, Velasco, Moya, Soler, Parra, Esteban, Bravo, Gallardo, Rojas, Angulo, Rangel, Narváez, Acevedo, Zúñiga, Villalobos, Montoya, Quintero, Escobedo, Arredondo, Barrios, Cárdenas`,
    ),
  ],
  portuguese: [
    list(
      `João, Maria, António, Ana, José, Mariana, Francisco, Beatriz, Pedro, Leonor, Tiago, Matilde, Miguel, Carolina, Rui, Inês, Paulo, Catarina, Luís, Joana, Duarte, Margarida, Gonçalo, Sofia, Rodrigo, Larissa, Thiago, Juliana, Bruno, Fernanda, Gustavo, Letícia, Rafael, Camila, Felipe, Amanda, Caio, Gabriela, Leandro, Bruna, Matheus, Vitória, Vinícius, Julieta, Danilo, Isadora, Otávio, Luana, Murilo, Yasmin, Breno, Rebeca, Estevan, Kauã, Evelyn, Igor, Livia`,
    ),
    list(
      `Silva, Santos, Ferreira, Pereira, Oliveira, Costa, Rodrigues, Martins, Jesus, Sousa, Fernandes, Gonçalves, Gomes, Lopes, Marques, Alves, Almeida, Ribeiro, Pinto, Carvalho, Teixeira, Moreira, Correia, Mendes, Nunes, Soares, Vieira, Monteiro, Cardoso, Rocha, Raposo, Neves, Coelho, Cruz, Cunha, Pires, Ramos, Reis, Simões, Antunes, Matos, Fonseca, Machado, Araújo, Barbosa, Tavares, Lourenço, Castro, Figueiredo, Azevedo, Barros, Melo, Dias, Souza, Cavalcanti, Cardoso, Goncalves, Araujo, Azevedo`,
    ),
  ],
  french: [
    list(
      `Jean, Marie, Pierre, Jeanne, Michel, Françoise, André, Monique, Philippe, Catherine, Alain, Nathalie, Bernard, Isabelle, Jacques, Sylvie, Daniel, Martine, Patrick, Nicole, Christophe, Sophie, Laurent, Céline, Nicolas, Aurélie, Julien, Émilie, Sébastien, Camille, Thierry, Léa, Stéphane, Manon, Olivier, Chloé, Pascal, Inès, Éric, Jade, Bruno, Margaux, Antoine, Clémence, Maxime, Élodie, Thibault, Anaïs, Guillaume, Noémie, Rémi, Océane, Lucien, Solange, Hugo, Capucine, Mathieu, Delphine, Yves, Mireille, Gaston, Odette, Fabrice, Ghislaine, Arnaud, Bérénice, Noelle, Kristen, Favor, Babette, Honoré, Aloin, Campbell, Vail, Ansel`,
    ),
    list(
      `Martin, Bernard, Dubois, Thomas, Robert, Richard, Petit, Durand, Leroy, Moreau, Simon, Laurent, Lefebvre, Michel, Garcia, Roux, Fournier, Morel, Girard, André, Lefèvre, Mercier, Dupont, Lambert, Bonnet, François, Martinez, Legrand, Garnier, Faure, Rousseau, Blanc, Guérin, Muller, Henry, Roussel, Perrin, Morin, Gauthier, Dumont, Lopez, Fontaine, Chevalier, Robin, Masson, Sanchez, Gérard, Nguyen, Boyer, Denis, Lemaire, Duval, Joly, Gautier, Roche, Roy, Noël, Meyer, Lucas, Meunier, Jean, Pérez, Marchand, Dufour, Blanchard, Marie, Barbier, Brun, Dumas, Brunet, Schmitt, Leroux, Colas, Rocher, Beaulieu, Deschamps, Bouchard, Tremblay, Gagnon, Lacroix, Thibodeau, Charpentier`,
    ),
  ],
  german: [
    list(
      `Thomas, Michael, Andreas, Stefan, Peter, Wolfgang, Klaus, Jürgen, Hans, Christian, Uwe, Frank, Markus, Matthias, Alexander, Bernd, Jens, Ralf, Dirk, Sabine, Andrea, Petra, Monika, Claudia, Susanne, Birgit, Gabriele, Ursula, Stefanie, Katrin, Anja, Heike, Silke, Ute, Renate, Brigitte, Ingrid, Helga, Lukas, Leonie, Felix, Lena, Jonas, Hannah, Maximilian, Mia, Paul, Emma, Finn, Anna, Leon, Lea, Niklas, Johanna, Tim, Clara, Moritz, Frieda, Jannik, Greta, Florian, Antonia, Tobias, Franziska, Sebastian, Ulrike, Erik, Heinrich, Friedrich, Gerda, Gisela, Dieter, Horst, Günther, Werner, Manfred, Rüdiger, Detlef, Torsten, Anneliese, Hildegard, Irmgard, Waltraud, Jana, Annika, Svenja, Mandy, Kevin, Ralph, Sophia, Dominik, Swen, Dennis, Marina, Vanessa`,
    ),
    list(
      `Müller, Schmidt, Schneider, Fischer, Weber, Meyer, Wagner, Becker, Schulz, Hoffmann, Schäfer, Koch, Bauer, Richter, Klein, Wolf, Schröder, Neumann, Schwarz, Zimmermann, Braun, Krüger, Hofmann, Hartmann, Lange, Schmitt, Werner, Schmitz, Krause, Meier, Lehmann, Schmid, Schulze, Maier, Köhler, Herrmann, König, Walter, Mayer, Huber, Kaiser, Fuchs, Peters, Lang, Scholz, Möller, Weiß, Jung, Hahn, Schubert, Vogel, Friedrich, Keller, Günther, Frank, Berger, Winkler, Roth, Beck, Lorenz, Baumann, Franke, Albrecht, Schuster, Simon, Ludwig, Böhm, Winter, Kraus, Martin, Schumacher, Krämer, Vogt, Stein, Jäger, Otto, Sommer, Groß, Seidel, Heinrich, Brandt, Haas, Schreiber, Graf, Dietrich, Ziegler, Kuhn, Kühn, Pohl, Engel, Horn, Busch, Bergmann, Thomas, Voigt, Sauer, Arnold, Wolff, Pfeiffer, Baader, Eichel, Drechsler, Kirsch, Lemann, Fruehauf, Gersten, Abend, Hirsch, Nussbaum, Eberhart, Wannemaker`,
    ),
  ],
  dutch: [
    list(
      `Jan, Johanna, Pieter, Maria, Willem, Anna, Hendrik, Cornelia, Cornelis, Elisabeth, Daan, Sanne, Sem, Julia, Bram, Lotte, Thijs, Femke, Ruben, Fleur, Joost, Anouk, Sander, Marieke, Jeroen, Marloes, Wouter, Ingrid, Maarten, Esther, Bas, Iris, Koen, Roos, Gijs, Saskia, Teun, Mirjam, Dirk, Nienke, Floris, Annelies, Geert, Wilhelmina, Tristan, Kayleigh`,
    ),
    list(
      `de Jong, Jansen, de Vries, van den Berg, van Dijk, Bakker, Janssen, Visser, Smit, Meijer, de Boer, Mulder, de Groot, Bos, Vos, Peters, Hendriks, van Leeuwen, Dekker, Brouwer, de Wit, Dijkstra, Smits, de Graaf, van der Meer, van der Linden, Kok, Jacobs, de Haan, Vermeulen, van den Heuvel, van der Veen, van den Broek, de Bruijn, van der Heijden, Schouten, van Beek, Willems, van Vliet, Hoekstra, Maas, Verhoeven, Koster, van Dam, Prins, Blom, Huisman, Peeters, Kuipers, van Mourik, Mourik, Oosterhuis, Claessens, Maes, Wouters, Goossens, Leclercq`,
    ),
  ],
  italian: [
    list(
      `Giuseppe, Maria, Giovanni, Anna, Antonio, Rosa, Mario, Angela, Luigi, Giovanna, Francesco, Teresa, Angelo, Lucia, Vincenzo, Carmela, Pietro, Caterina, Salvatore, Francesca, Carlo, Antonietta, Franco, Carla, Domenico, Elena, Bruno, Concetta, Paolo, Rita, Michele, Margherita, Giorgio, Franca, Aldo, Paola, Sergio, Giulia, Luciano, Chiara, Marco, Alessia, Andrea, Martina, Alessandro, Sara, Matteo, Giorgia, Lorenzo, Federica, Davide, Silvia, Stefano, Ilaria, Fabio, Valentina, Leone, Isabella, Ettore, Beatrice, Cinzia, Loredana, Gaspare, Ersilia, Fiorenza, Tommaso, Leonzio, Olga`,
    ),
    list(
      `Rossi, Russo, Ferrari, Esposito, Bianchi, Romano, Colombo, Ricci, Marino, Greco, Bruno, Gallo, Conti, De Luca, Mancini, Costa, Giordano, Rizzo, Lombardi, Moretti, Barbieri, Fontana, Santoro, Mariani, Rinaldi, Caruso, Ferrara, Galli, Martini, Leone, Longo, Gentile, Martinelli, Vitale, Lombardo, Serra, Coppola, De Santis, D'Angelo, Marchetti, Parisi, Villa, Conte, Ferraro, Ferri, Fabbri, Bianco, Marini, Grasso, Valentini, Messina, Sala, De Angelis, Gatti, Pellegrini, Palumbo, Sanna, Farina, Rizzi, Monti, Cattaneo, Morelli, Amato, Silvestri, Mazza, Testa, Grassi, Pellegrino, Carbone, Giuliani, Benedetti, Barone, Fiorentino, Mazzi, Lucchesi, Trevisan, Toscano, Pisano, Siciliano, Lettiere`,
    ),
  ],
  swedish: [
    list(
      `Erik, Anna, Lars, Karin, Karl, Kristina, Anders, Eva, Johan, Birgitta, Per, Elisabeth, Nils, Margareta, Jan, Ingrid, Mikael, Linnéa, Olof, Maria, Gustav, Sofia, Hans, Lena, Sven, Sara, Björn, Emma, Fredrik, Malin, Oskar, Elin, Axel, Ida, Viktor, Astrid, Emil, Wilma, Ludvig, Saga, Göran, Annika, Håkan, Gunilla, Torbjörn, Agneta, Åsa, Märta, Albin, Sixten, Christophe, Tintin, Noelle, Peder, Selma, Tindra, Abdi, Jolina, Vide`,
    ),
    list(
      `Andersson, Johansson, Karlsson, Nilsson, Eriksson, Larsson, Olsson, Persson, Svensson, Gustafsson, Pettersson, Jonsson, Jansson, Hansson, Bengtsson, Jönsson, Lindberg, Jakobsson, Magnusson, Olofsson, Lindström, Lindqvist, Lindgren, Axelsson, Berg, Bergström, Lundberg, Lind, Lundgren, Lundqvist, Mattsson, Berglund, Fredriksson, Sandberg, Henriksson, Forsberg, Sjöberg, Wallin, Engström, Eklund, Danielsson, Lundin, Håkansson, Björk, Bergman, Gunnarsson, Holm, Wikström, Samuelsson, Isaksson, Fransson, Bergqvist, Nyström, Holmberg, Arvidsson, Löfgren, Söderberg, Nyberg, Blomqvist, Claesson, Nordström, Mårtensson, Lundström, Björklund, Martinsson, Hartvigsson, Sundqvist`,
    ),
  ],
  norwegian: [
    list(
      `Ole, Kari, Lars, Anne, Jan, Inger, Per, Ingrid, Bjørn, Marit, Kjell, Liv, Knut, Berit, Svein, Astrid, Arne, Bjørg, Thomas, Hilde, Geir, Randi, Odd, Solveig, Hans, Tone, Morten, Silje, Håkon, Ragnhild, Sindre, Ingeborg, Magnus, Sunniva, Eirik, Thea, Øyvind, Nora, Trond, Maja, Leif, Tuva, Terje, Frida, Rolf, Synnøve, Espen, Vilde, Stian, Elise, Kristoffer, Amalie, Sivert`,
    ),
    list(
      `Hansen, Johansen, Olsen, Larsen, Andersen, Pedersen, Nilsen, Kristiansen, Jensen, Karlsen, Johnsen, Pettersen, Eriksen, Berg, Haugen, Hagen, Johannessen, Andreassen, Jacobsen, Dahl, Jørgensen, Halvorsen, Henriksen, Lund, Sørensen, Jakobsen, Moen, Gundersen, Iversen, Strand, Solberg, Svendsen, Martinsen, Eide, Knutsen, Bakken, Kristoffersen, Mathisen, Lie, Rasmussen, Amundsen, Nygård, Bakke, Lien, Solheim, Moe, Nguyen, Fredriksen, Antonsen, Christensen, Ødegård, Hovland, Aasen, Myhre, Skaar, Brekke`,
    ),
  ],
  danish: [
    list(
      `Peter, Anne, Jens, Kirsten, Lars, Mette, Michael, Hanne, Henrik, Anna, Thomas, Helle, Søren, Susanne, Jan, Lene, Niels, Maria, Christian, Marianne, Martin, Inge, Jørgen, Karen, Hans, Lone, Anders, Camilla, Morten, Pia, Jesper, Louise, Ole, Charlotte, Per, Jette, Mads, Tina, Erik, Gitte, Bertram, Emilie, Albert, Freja, Oscar, Alberte, Villads, Agnes, Magne, Signe, Mikkel, Ditte, Alma, Sofie, Malou, Philip`,
    ),
    list(
      `Nielsen, Jensen, Hansen, Pedersen, Andersen, Christensen, Larsen, Sørensen, Rasmussen, Jørgensen, Petersen, Madsen, Kristensen, Olsen, Thomsen, Christiansen, Poulsen, Johansen, Møller, Mortensen, Knudsen, Jakobsen, Jacobsen, Olesen, Mikkelsen, Frederiksen, Laursen, Lund, Henriksen, Holm, Schmidt, Eriksen, Clausen, Kristiansen, Simonsen, Svendsen, Andreasen, Iversen, Østergaard, Jeppesen, Nissen, Vestergaard, Lauridsen, Jespersen, Dahl, Frandsen, Mogensen, Kjær, Nørgaard, Jessen, Svenningsen, Carlsen, Lauritsen, Danielsen, Nygaard`,
    ),
  ],
  finnish: [
    list(
      `Juhani, Maria, Johannes, Helena, Olavi, Anneli, Antero, Johanna, Tapani, Kaarina, Kalevi, Marjatta, Tapio, Hannele, Matti, Kristiina, Ilmari, Liisa, Mikael, Emilia, Pekka, Elina, Heikki, Tuulikki, Jari, Annikki, Timo, Inkeri, Markku, Maarit, Eino, Aino, Väinö, Helmi, Onni, Aada, Eetu, Ilona, Niko, Sanna, Jussi, Minna, Kari, Päivi, Seppo, Riitta, Veikko, Eila, Einojuhani, Sari, Selma, Matias, Taina, Vilma, Urho, Kirsi, Ari, Outi, Joni, Venla, Ahti, Suvi`,
    ),
    list(
      `Korhonen, Virtanen, Mäkinen, Nieminen, Mäkelä, Hämäläinen, Laine, Heikkinen, Koskinen, Järvinen, Lehtonen, Lehtinen, Saarinen, Niemi, Heinonen, Salminen, Heikkilä, Salonen, Tuominen, Turunen, Salo, Laitinen, Rantanen, Kinnunen, Tuomi, Karjalainen, Jokinen, Mattila, Lahtinen, Savolainen, Ahonen, Leppänen, Hiltunen, Väisänen, Pitkänen, Kallio, Ojala, Manninen, Laaksonen, Leinonen, Pyysalo, Veitonen, Paavolainen, Kokko, Hakala, Räsänen, Anttila, Peltonen, Miettinen, Lampinen, Rautio, Kettunen`,
    ),
  ],
  icelandic: [
    list(
      `Jón, Guðrún, Sigurður, Anna, Guðmundur, Kristín, Gunnar, Sigríður, Ólafur, Margrét, Einar, Helga, Kristján, Sigrún, Magnús, Ingibjörg, Stefán, Jóhanna, Jóhann, María, Björn, Elín, Árni, Katrín, Bjarni, Ásta, Halldór, Ragnheiður, Pétur, Hildur, Ragnar, Lára, Þórður, Þóra, Egill, Birta, Snorri, Bryndís, Dagur, Steinunn, Hrafn, Vigdís`,
    ),
    list(
      `Jónsson, Jónsdóttir, Guðmundsson, Guðmundsdóttir, Sigurðsson, Sigurðardóttir, Gunnarsson, Gunnarsdóttir, Ólafsson, Ólafsdóttir, Einarsson, Einarsdóttir, Magnússon, Magnúsdóttir, Kristjánsson, Kristjánsdóttir, Stefánsson, Stefánsdóttir, Björnsson, Björnsdóttir, Árnason, Árnadóttir, Bjarnason, Halldórsdóttir, Ragnarsson, Pálsson, Pálsdóttir, Egilsson, Þórðarson, Haraldsdóttir`,
    ),
  ],
  polish: [
    list(
      `Jan, Anna, Andrzej, Maria, Piotr, Katarzyna, Krzysztof, Małgorzata, Stanisław, Agnieszka, Tomasz, Krystyna, Paweł, Barbara, Józef, Ewa, Marcin, Elżbieta, Marek, Zofia, Michał, Janina, Grzegorz, Teresa, Jerzy, Magdalena, Tadeusz, Joanna, Adam, Jadwiga, Łukasz, Danuta, Zbigniew, Irena, Ryszard, Halina, Dariusz, Helena, Henryk, Beata, Mariusz, Aleksandra, Kazimierz, Marta, Wojciech, Dorota, Robert, Marianna, Mateusz, Grażyna, Rościsław, Bożena, Sławomir, Wiesława, Mieczysław, Urszula, Bogdan, Kinga, Jarosław, Irenka, Radosław, Hanna, Wacław, Cibor, Lucjusz, Dobrogost, Apolonia, Eustachy`,
    ),
    list(
      `Nowak, Kowalski, Kowalska, Wiśniewski, Wiśniewska, Dąbrowski, Dąbrowska, Lewandowski, Wójcik, Kamiński, Kamińska, Kowalczyk, Zieliński, Zielińska, Szymański, Woźniak, Kozłowski, Jankowski, Jankowska, Wojciechowski, Kwiatkowski, Kaczmarek, Mazur, Krawczyk, Piotrowski, Grabowski, Grabowska, Nowakowski, Pawłowski, Michalski, Nowicki, Adamczyk, Dudek, Zając, Wieczorek, Jabłoński, Król, Majewski, Olszewski, Jaworski, Wróbel, Malinowski, Pawlak, Witkowski, Walczak, Stępień, Górski, Rutkowski, Michalak, Sikora, Ostrowski, Baran, Duda, Szewczyk, Tomaszewski, Pietrzak, Marciniak, Wróblewski, Zalewski, Jakubowski, Chmielewski, Borkowski, Czarnecki, Sawicki`,
    ),
  ],
  czech: [
    list(
      `Jiří, Jana, Jan, Marie, Petr, Eva, Josef, Hana, Pavel, Anna, Martin, Lenka, Tomáš, Kateřina, Jaroslav, Lucie, Miroslav, Věra, Zdeněk, Alena, Václav, Petra, Michal, Veronika, František, Jaroslava, Jakub, Tereza, Milan, Martina, Karel, Michaela, Lukáš, Jitka, David, Helena, Vladimír, Ludmila, Ondřej, Zdeňka, Marek, Ivana, Stanislav, Monika, Roman, Eliška, Antonín, Zuzana, Vojtěch, Markéta, Radek, Dagmar, Matouš, Silvia, Jožef, Slavomíra, Ľubomír, Mojmír, Božena, Cecílie`,
    ),
    list(
      `Novák, Nováková, Svoboda, Svobodová, Novotný, Novotná, Dvořák, Dvořáková, Černý, Černá, Procházka, Procházková, Kučera, Kučerová, Veselý, Veselá, Horák, Horáková, Němec, Němcová, Pokorný, Pokorná, Pospíšil, Pospíšilová, Marek, Marková, Hájek, Hájková, Jelínek, Jelínková, Král, Králová, Růžička, Růžičková, Beneš, Benešová, Fiala, Fialová, Sedláček, Sedláčková, Doležal, Zeman, Zemanová, Kolář, Krejčí, Navrátil, Čermák, Vaněk, Urban, Blažek, Kříž, Kovář, Jílek, Žilková, Křenová, Albín, Horváth, Kováč, Kováčová, Tóth, Baláž, Hudák, Lukáč`,
    ),
  ],
  hungarian: [
    list(
      `László, Mária, István, Erzsébet, József, Katalin, János, Éva, Zoltán, Ilona, Sándor, Anna, Ferenc, Zsuzsanna, Gábor, Margit, Attila, Judit, Péter, Ágnes, Tamás, Andrea, Zsolt, Erika, Tibor, Krisztina, András, Irén, Csaba, Ildikó, Imre, Eszter, Lajos, György, Balázs, Anikó, Gyula, Edit, Mihály, Magdolna, Károly, Viktória, Róbert, Piroska, Béla, Dávid, Réka, Dániel, Boglárka, Ádám, Dóra, Bence, Emese, Janka, Adony, Irenke, Donka, Kende, Töhötöm, Pista, Kálmán, Csilla, Szilveszter`,
    ),
    list(
      `Nagy, Kovács, Tóth, Szabó, Horváth, Varga, Kiss, Molnár, Németh, Farkas, Balogh, Papp, Lakatos, Takács, Juhász, Oláh, Mészáros, Simon, Rácz, Fekete, Szilágyi, Török, Fehér, Balázs, Gál, Szűcs, Kis, Orsós, Kocsis, Fodor, Pintér, Szalai, Sipos, Magyar, Lukács, Gulyás, Biró, Király, László, Katona, Bogdán, Jakab, Balog, Sándor, Boros, Váradi, Fazekas, Kelemen, Antal, Somogyi, Orosz, Fülöp, Veres, Vincze, Hegedűs, Budai, Deák, Pap, Bálint, Pál, Illés, Szász, Zárándi, Sörös, Csörsz, Bányai, Zarand, Benkő`,
    ),
  ],
  slavic: [
    list(
      `Aleksandr, Anastasia, Sergei, Elena, Dmitri, Olga, Andrei, Natalia, Alexei, Ekaterina, Maxim, Tatiana, Evgeny, Irina, Ivan, Svetlana, Mikhail, Maria, Artem, Julia, Nikolai, Ludmila, Vladimir, Galina, Pavel, Ksenia, Konstantin, Daria, Viktor, Polina, Roman, Vera, Oleg, Nina, Igor, Marina, Yuri, Larisa, Denis, Valentina, Anton, Alina, Kirill, Oksana, Volodymyr, Oleksandr, Taras, Yulia, Bohdan, Iryna, Ravil, Cleopatra, Iosif, Efim, Avdotya, Zinaida, Miroslav, Dragan, Milica, Nikola, Jelena, Marko, Ivana, Stefan, Ana, Luka, Petra, Ante, Tin, Lana, Mehrudin, Zoran, Vesna, Goran, Snežana, Matej, Nika, Jure, Špela, Blaž, Tjaša, Georgi, Desislava, Dimitar, Radka, Ilie, Ioana, Andrei, Mihai, Elena, Radu, Cristina`,
    ),
    list(
      `Ivanov, Ivanova, Smirnov, Smirnova, Kuznetsov, Kuznetsova, Popov, Popova, Vasiliev, Vasilieva, Petrov, Petrova, Sokolov, Sokolova, Mikhailov, Novikov, Novikova, Fedorov, Morozov, Morozova, Volkov, Volkova, Alekseev, Lebedev, Lebedeva, Semenov, Egorov, Pavlov, Pavlova, Kozlov, Stepanov, Nikolaev, Orlov, Orlova, Andreev, Makarov, Nikitin, Zakharov, Zaitsev, Solovyov, Borisov, Yakovlev, Grigoriev, Romanov, Vorobyov, Yefimov, Mordvinova, Dratchev, Medvedev, Shevchenko, Kovalenko, Bondarenko, Tkachenko, Kravchenko, Oliynyk, Melnyk, Jovanović, Petrović, Nikolić, Marković, Đorđević, Stojanović, Horvat, Kovačević, Babić, Marić, Jurić, Novak, Kovačič, Krajnc, Zupančič, Potočnik, Hodžić, Begić, Georgiev, Dimitrova, Popescu, Ionescu, Popa, Dumitru, Stan, Umkhayev, Gairbekov, Khadzhiyev, Adomo, Tsarnaev, Arsanov, Eldarkhanov`,
    ),
  ],
  greek: [
    list(
      `Giorgos, Maria, Dimitris, Eleni, Kostas, Katerina, Ioannis, Vasiliki, Nikos, Sofia, Panagiotis, Georgia, Christos, Aikaterini, Vangelis, Ioanna, Spyros, Dimitra, Thanasis, Konstantina, Michalis, Despina, Andreas, Fotini, Stavros, Angeliki, Petros, Chrysoula, Manolis, Paraskevi`,
    ),
    list(
      `Papadopoulos, Papadopoulou, Pappas, Karagiannis, Vlachos, Georgiou, Oikonomou, Papageorgiou, Makris, Dimitriou, Nikolaidis, Antoniou, Konstantinidis, Christodoulou, Charalambous, Ioannou, Panagiotou, Savvidis, Kyriakou, Andreou, Hadjigeorgiou, Stavrou, Kostopoulos, Theodorou`,
    ),
  ],
  baltic: [
    list(
      `Jonas, Ona, Vytautas, Rūta, Mindaugas, Eglė, Andris, Ilze, Jānis, Līga, Kaspars, Dace, Mart, Tiina, Toomas, Kadri, Rein, Liis, Andres, Piret, Indrek, Maarja, Margus, Triin`,
    ),
    list(
      `Kazlauskas, Jankauskas, Petrauskas, Stankevičius, Bērziņš, Kalniņš, Ozols, Liepiņa, Tamm, Saar, Sepp, Mägi, Kask, Kukk, Rebane, Ilves, Pärn, Koppel, Lepik, Raudsepp`,
    ),
  ],
  turkish: [
    list(
      `Mehmet, Fatma, Mustafa, Ayşe, Ahmet, Emine, Ali, Hatice, Hüseyin, Zeynep, Hasan, Elif, İbrahim, Meryem, Murat, Özlem, Ömer, Sultan, Yusuf, Büşra, Emre, Esra, Burak, Merve, Derya, Deniz, Selin, Kerem, Ebru, Serkan, Gül, Tolga, Defne, Orhan, Leyla`,
    ),
    list(
      `Yılmaz, Kaya, Demir, Şahin, Çelik, Yıldız, Yıldırım, Öztürk, Aydın, Özdemir, Arslan, Doğan, Kılıç, Aslan, Çetin, Kara, Koç, Kurt, Özkan, Şimşek, Polat, Korkmaz, Erdoğan, Güneş, Aksoy, Bulut, Tekin, Aktaş, Taş, Ünal`,
    ),
  ],
  arabic: [
    list(
      `Mohammed, Fatima, Ahmed, Aisha, Ali, Maryam, Omar, Khadija, Hassan, Zainab, Hussein, Layla, Khalid, Amina, Ibrahim, Noor, Youssef, Salma, Abdullah, Huda, Karim, Rania, Tariq, Yasmin, Samir, Nadia, Faisal, Hana, Mustafa, Dina, Bilal, Sara, Hamza, Rana, Nabil, Samira, Walid, Lina, Rashid, Mona, Jamal, Farida, Anwar, Naima, Ziad, Iman, Suhail, Badr, Fayrouz, Mahmoud, Wafa, Ghassan`,
    ),
    list(
      `Al-Masri, Haddad, Khoury, Hassan, Mansour, Nasser, Saleh, Abdallah, Khalil, Ibrahim, Rahman, Al-Farsi, Qureshi, Hamdan, Aziz, Bakr, Shaheen, Najjar, Al-Rashid, Sabbagh, Fakhoury, Awad, Hakim, Kassem, Bishara, Ghanem, Darwish, Antoun, Naser, Toma, Boulos, Asfour, Maroun, Shamoun, Essa, Ba, Rahal, Isa, Touma, El Amrani, Benali, Bennani, Belkacem, Ouahbi, Haider, Siddiqui`,
    ),
  ],
  persian: [
    list(
      `Reza, Zahra, Hossein, Maryam, Mehdi, Narges, Amir, Shirin, Hamid, Parisa, Saeed, Azadeh, Babak, Nasrin, Dariush, Mahsa, Kaveh, Laleh, Farhad, Roya, Behrouz, Golnaz, Siavash, Niloufar, Jahangir, Mehrnoosh, Bahman, Fereshteh`,
    ),
    list(
      `Ahmadi, Hosseini, Mohammadi, Rezaei, Karimi, Moradi, Jafari, Ebrahimi, Rahimi, Tehrani, Farahani, Kazemi, Sadeghi, Mousavi, Ghorbani, Shirazi, Esfahani, Bagheri, Azizi, Zand`,
    ),
  ],
  indian: [
    list(
      `Aarav, Priya, Rahul, Anjali, Amit, Sunita, Raj, Pooja, Vikram, Neha, Sanjay, Kavita, Arjun, Divya, Rohan, Shreya, Suresh, Lakshmi, Ramesh, Meera, Anil, Deepa, Vijay, Swati, Arun, Rekha, Manish, Ananya, Karthik, Aishwarya, Harish, Nisha, Sandeep, Ritu, Ravi, Geeta, Imran, Ayesha, Farhan, Sana, Gurpreet, Harpreet, Jaspreet, Manpreet, Subramaniam, Padma, Venkatesh, Radhika, Krishnan, Bhavana`,
    ),
    list(
      `Sharma, Patel, Singh, Kumar, Gupta, Verma, Reddy, Nair, Iyer, Mehta, Joshi, Desai, Rao, Kapoor, Malhotra, Chopra, Banerjee, Mukherjee, Chatterjee, Das, Ghosh, Bose, Sen, Menon, Pillai, Kulkarni, Deshpande, Bhatt, Trivedi, Pandey, Mishra, Tiwari, Yadav, Chauhan, Khan, Ahmed, Sheikh, Ansari, Fernandes, D'Souza, Gill, Sandhu, Dhillon, Venkataraman, Subramanian, Krishnamurthy, Raghavan, Chowdhury, Hossain, Perera`,
    ),
  ],
  chinese: [
    list(
      `Wei, Fang, Min, Jing, Li, Yan, Jun, Lei, Xia, Ping, Hui, Qiang, Juan, Tao, Ming, Chao, Hong, Bo, Ying, Jie, Xiaoming, Meiling, Zhiwei, Yuxuan, Haoran, Xinyi, Zihan, Jiayi, Guowei, Lihua, Chen, Feng, Shu, Qi, Yong, Shan, Huan, Dong, Xiu Ying, Mei, Ai, Tung, Kwok, Ka Wai, Siu Ming`,
    ),
    list(
      `Wang, Li, Zhang, Liu, Chen, Yang, Huang, Zhao, Wu, Zhou, Xu, Sun, Ma, Zhu, Hu, Guo, He, Lin, Gao, Luo, Zheng, Liang, Xie, Tang, Song, Han, Feng, Yu, Dong, Cheng, Cao, Yuan, Deng, Xiao, Tian, Jiang, Cai, Pan, Du, Wei, Lau, Chan, Wong, Cheung, Leung, Ng, Kwok, Hsu, Tsai, Ts'ui, T'an, Ch'ien, Hsueh, Lo, Fung`,
    ),
  ],
  japanese: [
    list(
      `Haruto, Yui, Yuto, Aoi, Sota, Hina, Yuki, Sakura, Hayato, Rin, Haruki, Miyu, Ryusei, Yuna, Koki, Akari, Takashi, Yoko, Hiroshi, Keiko, Kenji, Tomoko, Satoshi, Naoko, Kazuo, Michiko, Akira, Emi, Daisuke, Kaori, Shinji, Megumi, Makoto, Noriko, Ryota, Ayaka, Tetsuya, Mariko, Isamu, Chiyo`,
    ),
    list(
      `Sato, Suzuki, Takahashi, Tanaka, Watanabe, Ito, Yamamoto, Nakamura, Kobayashi, Kato, Yoshida, Yamada, Sasaki, Yamaguchi, Matsumoto, Inoue, Kimura, Hayashi, Shimizu, Yamazaki, Mori, Abe, Ikeda, Hashimoto, Ishikawa, Ogawa, Goto, Okada, Hasegawa, Fujita, Murakami, Kondo, Endo, Nishimura, Fukuda, Ota, Miura, Nakajima, Fujiwara, Maeda, Hosokawa, Tokugawa`,
    ),
  ],
  korean: [
    list(
      `Min-jun, Seo-yeon, Ji-hoon, Ji-woo, Hyun-woo, Soo-jin, Sung-min, Eun-ji, Dong-hyun, Hye-jin, Jae-won, Yu-na, Seung-hyun, Mi-sook, Young-ho, Sun-hee, Kyung-soo, Ha-eun, Minjun, Seoyeon, Jihoon`,
    ),
    list(
      `Kim, Lee, Park, Choi, Jung, Kang, Cho, Yoon, Jang, Lim, Han, Oh, Seo, Shin, Kwon, Hwang, Ahn, Song, Yoo, Hong, Bae, Nam, Moon, Baek`,
    ),
  ],
  vietnamese: [
    list(
      `Minh, Lan, Hung, Mai, Tuan, Huong, Anh, Linh, Duc, Hoa, Quan, Thao, Nam, Phuong, Long, Trang, Khanh, Ngoc, Bao, Thi Hoa, Van Minh, Quoc, Yen, Thanh, Ðình Tường, Kiều, Châu, Hiếu, Đức`,
    ),
    list(
      `Nguyen, Tran, Le, Pham, Hoang, Huynh, Phan, Vu, Vo, Dang, Bui, Do, Ho, Ngo, Duong, Ly, Nguyễn, Trần, Phạm, Hoàng, Đặng, Bùi, Mạc, Diệp, Trương`,
    ),
  ],
  african: [
    list(
      `Chinedu, Ngozi, Emeka, Adaeze, Ifeanyi, Chioma, Obinna, Nkechi, Kwame, Ama, Kofi, Akua, Kwabena, Abena, Thabo, Lerato, Sipho, Nomsa, Themba, Zanele, Juma, Amina, Baraka, Wanjiku, Kamau, Njeri, Otieno, Achieng, Abebe, Tigist, Tesfaye, Selam, Haile, Meron, Moussa, Fatou, Mamadou, Aminata, Ousmane, Awa, Babajide, Folake, Tunde, Yetunde, Chukwuemeka, Onyinyechi, Kelechi, Somtochukwu, Isayas, Yohannes, Mebrahtu, Semhar, Filmon`,
    ),
    list(
      `Okafor, Adeyemi, Okonkwo, Eze, Nwosu, Balogun, Adebayo, Obi, Chukwu, Nwachukwu, Mensah, Owusu, Boateng, Asante, Osei, Nkosi, Dlamini, Zulu, Khumalo, Mokoena, Ndlovu, Mwangi, Kariuki, Odhiambo, Kimani, Wambui, Tesfamariam, Bekele, Tadesse, Diallo, Traoré, Keita, Ndiaye, Diop, Sow, Cissé, Mutombo, Kabila, Banda, Phiri, Ogochukwu, Nnamdi, Uzoma, Kiros, Ghebremeskel, Awet, Idris, Uchechukwu`,
    ),
  ],
  southeast: [
    list(
      `Budi, Siti, Agus, Dewi, Putri, Rizky, Wayan, Ketut, Nur, Aisyah, Hafiz, Farah, Ahmad, Somchai, Siriporn, Anong, Niran, Jose Maria, Maricel, Jomar, Rosalinda, Bayani, Ligaya`,
    ),
    list(
      `Santoso, Wijaya, Kusuma, Hidayat, Pratama, bin Abdullah, binti Hassan, Ismail, Tan, Lim, Goh, Chaiyasit, Srisai, Bautista, Reyes, Dela Cruz, Mendoza, Villanueva, Aquino, Pangilinan`,
    ),
  ],
  hebrew: [
    list(
      `Yael, Noam, Tamar, Ariel, Shira, Itai, Noa, Amit, Maya, Eitan, Adi, Omer, Moshe, Avraham, Rivka, Shlomo, Miriam, Yitzhak, Lior, Gal`,
    ),
    list(
      `Cohen, Levi, Mizrahi, Peretz, Biton, Dahan, Avraham, Friedman, Malka, Azoulay, Katz, Yosef, Ben-David, Shapiro, Goldberg, Rosenberg, Bar-On, Weiss`,
    ),
  ],
}

export const PLACES = list(
  `London, Paris, Berlin, Madrid, Rome, Vienna, Budapest, Warsaw, Prague, Lisbon, Dublin, Amsterdam, Rotterdam, Utrecht, Brussels, Antwerp, Ghent, Copenhagen, Aarhus, Odense, Stockholm, Gothenburg, Malmö, Uppsala, Oslo, Bergen, Trondheim, Stavanger, Helsinki, Tampere, Turku, Oulu, Espoo, Porvoo, Seinäjoki, Kajaani, Lappeenranta, Reykjavik, Akureyri, Tallinn, Tartu, Riga, Vilnius, Kaunas, Kraków, Wrocław, Gdańsk, Poznań, Łódź, Katowice, Brno, Ostrava, Plzeň, Bratislava, Košice, Ljubljana, Maribor, Velenje, Zagreb, Split, Rijeka, Belgrade, Novi Sad, Sarajevo, Skopje, Sofia, Plovdiv, Varna, Bucharest, Cluj-Napoca, Athens, Thessaloniki, Patras, Nicosia, Limassol, Pafos, Istanbul, Ankara, Izmir, Moscow, Saint Petersburg, Kazan, Grozny, Kyiv, Lviv, Odesa, Kharkiv, Minsk, Tbilisi, Yerevan, Baku, Munich, Hamburg, Cologne, Frankfurt, Stuttgart, Düsseldorf, Leipzig, Dresden, Hannover, Nuremberg, Bremen, Bonn, Freiburg, Heidelberg, Zurich, Geneva, Basel, Bern, Lausanne, Salzburg, Graz, Linz, Innsbruck, Milan, Naples, Turin, Palermo, Genoa, Bologna, Florence, Venice, Verona, Bari, Catania, Barcelona, Valencia, Seville, Zaragoza, Málaga, Bilbao, Granada, Murcia, Chiclana de la Frontera, Vigo, Gijón, Porto, Braga, Coimbra, Faro, Lyon, Marseille, Toulouse, Nice, Nantes, Strasbourg, Montpellier, Bordeaux, Lille, Rennes, Reims, Grenoble, Manchester, Birmingham, Liverpool, Leeds, Glasgow, Edinburgh, Bristol, Cardiff, Belfast, Sheffield, Newcastle, Nottingham, Cambridge, Oxford, Brighton, York, Bath, Exeter, Norwich, Cork, Galway, Limerick, New York, Los Angeles, Chicago, Houston, Phoenix, Philadelphia, San Antonio, San Diego, Dallas, San Jose, Austin, Jacksonville, Fort Worth, Columbus, Charlotte, San Francisco, Indianapolis, Seattle, Denver, Washington, Boston, El Paso, Nashville, Detroit, Oklahoma City, Portland, Las Vegas, Memphis, Louisville, Baltimore, Milwaukee, Albuquerque, Tucson, Fresno, Sacramento, Kansas City, Mesa, Atlanta, Omaha, Raleigh, Miami, Oakland, Minneapolis, Tulsa, Tampa, New Orleans, Wichita, Cleveland, Honolulu, Anaheim, Pittsburgh, Cincinnati, St. Louis, Orlando, Buffalo, Boise, Salt Lake City, Altoona, Springfield, Fayetteville, Chattanooga, Toronto, Montreal, Vancouver, Calgary, Ottawa, Edmonton, Winnipeg, Halifax, Quebec City, Mexico City, Guadalajara, Monterrey, Cancún, Havana, San Juan, Bogotá, Medellín, Lima, Quito, Santiago, Valparaíso, Buenos Aires, Córdoba, Rosario, Montevideo, São Paulo, Rio de Janeiro, Brasília, Salvador, Recife, Curitiba, Porto Alegre, Caracas, La Paz, Sydney, Melbourne, Brisbane, Perth, Adelaide, Canberra, Hobart, Darwin, Auckland, Wellington, Christchurch, Dunedin, Tokyo, Osaka, Kyoto, Nagoya, Sapporo, Fukuoka, Hiroshima, Seoul, Busan, Incheon, Beijing, Shanghai, Shenzhen, Guangzhou, Chengdu, Wuhan, Hong Kong, Taipei, Kaohsiung, Singapore, Kuala Lumpur, Bangkok, Chiang Mai, Hanoi, Ho Chi Minh City, Manila, Cebu, Jakarta, Surabaya, Bandung, Mumbai, Delhi, New Delhi, Bangalore, Hyderabad, Chennai, Kolkata, Pune, Ahmedabad, Jaipur, Lucknow, Karachi, Lahore, Islamabad, Dhaka, Colombo, Kathmandu, Tehran, Isfahan, Baghdad, Basra, Riyadh, Jeddah, Mecca, Dubai, Abu Dhabi, Doha, Kuwait City, Beirut, Damascus, Aleppo, Amman, Jerusalem, Tel Aviv, Haifa, Gaza, Cairo, Alexandria, Casablanca, Rabat, Marrakesh, Tunis, Algiers, Tripoli, Khartoum, Addis Ababa, Asmara, Nairobi, Mombasa, Kampala, Kigali, Dar es Salaam, Lagos, Abuja, Kano, Accra, Kumasi, Dakar, Bamako, Abidjan, Kinshasa, Luanda, Harare, Lusaka, Maputo, Windhoek, Johannesburg, Cape Town, Durban, Pretoria, Soweto, Hibberdene, Texas, California, Florida, Ohio, Georgia, Michigan, Virginia, Arizona, Massachusetts, Tennessee, Maryland, Wisconsin, Colorado, Minnesota, Alabama, Louisiana, Kentucky, Oregon, Oklahoma, Connecticut, Utah, Iowa, Nevada, Arkansas, Mississippi, Kansas, Nebraska, Idaho, Hawaii, Maine, Montana, Delaware, Alaska, Vermont, Wyoming, New Jersey, New Mexico, North Carolina, South Dakota, West Virginia, Ontario, Alberta, Bavaria, Saxony, Tuscany, Sicily, Catalonia, Andalusia, Brittany, Normandy, Provence, Cornwall, Kent, Essex, Yorkshire, Surrey, Wales, Scotland, Queensland, Victoria, Tasmania, Kerala, Punjab, Gujarat, Bengal, Siberia, Crimea, Kurdistan, Chechnya, Europe, Asia, Africa, America, Manhattan, Brooklyn, Queens, Harlem, Soho, Camden, Hackney, Kreuzberg, Montmartre, Silicon Valley, the Bay Area, Long Island, Cape Cod, Lake Tahoe, the Alps, the Rhine, the Baltic Sea, Sahara, Mount Fuji, Kilimanjaro`,
)
export const COUNTRIES = list(
  `Germany, France, Spain, Italy, Portugal, Austria, Switzerland, Belgium, Netherlands, the Netherlands, Luxembourg, Ireland, United Kingdom, the UK, UK, England, Denmark, Sweden, Norway, Finland, Iceland, Poland, Czech Republic, Czechia, Slovakia, Hungary, Slovenia, Croatia, Serbia, Bosnia, Montenegro, Albania, Macedonia, Greece, Cyprus, Bulgaria, Romania, Moldova, Ukraine, Belarus, Russia, Estonia, Latvia, Lithuania, Turkey, Georgia, Armenia, Azerbaijan, United States, the United States, USA, US, U.S., America, Canada, Mexico, Guatemala, Honduras, Costa Rica, Panama, Cuba, Jamaica, Haiti, Dominican Republic, Colombia, Venezuela, Ecuador, Peru, Bolivia, Chile, Argentina, Uruguay, Paraguay, Brazil, Australia, New Zealand, Fiji, Samoa, Japan, South Korea, North Korea, China, Taiwan, Mongolia, Vietnam, Laos, Cambodia, Thailand, Myanmar, Malaysia, Indonesia, Philippines, the Philippines, India, Pakistan, Bangladesh, Nepal, Sri Lanka, Afghanistan, Iran, Iraq, Syria, Lebanon, Jordan, Israel, Palestine, Saudi Arabia, Yemen, Oman, Qatar, Kuwait, Bahrain, UAE, Egypt, Libya, Tunisia, Algeria, Morocco, Sudan, Ethiopia, Eritrea, Somalia, Kenya, Uganda, Tanzania, Rwanda, Nigeria, Ghana, Senegal, Mali, Niger, Chad, Cameroon, Congo, Angola, Zambia, Zimbabwe, Mozambique, Namibia, Botswana, South Africa, Madagascar, Mauritius, Greenland, Deutschland, Österreich, Schweiz, España, Italia, Polska, Nederland, Sverige, Norge, Suomi, Magyarország`,
)
export const PEOPLES = list(
  `American, British, English, Scottish, Welsh, Irish, French, German, Italian, Spanish, Portuguese, Dutch, Belgian, Swiss, Austrian, Danish, Swedish, Norwegian, Finnish, Icelandic, Polish, Czech, Slovak, Hungarian, Slovenian, Croatian, Serbian, Bosnian, Greek, Cypriot, Bulgarian, Romanian, Ukrainian, Russian, Chechen, Estonian, Latvian, Lithuanian, Turkish, Kurdish, Armenian, Georgian, Canadian, Mexican, Cuban, Jamaican, Brazilian, Argentinian, Chilean, Peruvian, Colombian, Venezuelan, Australian, Japanese, Korean, Chinese, Taiwanese, Vietnamese, Thai, Malaysian, Indonesian, Filipino, Indian, Pakistani, Bangladeshi, Afghan, Iranian, Persian, Iraqi, Syrian, Lebanese, Israeli, Palestinian, Saudi, Egyptian, Moroccan, Algerian, Tunisian, Ethiopian, Eritrean, Kenyan, Nigerian, Ghanaian, Senegalese, Congolese, Zimbabwean, South African, Jewish, Muslim, Christian, Catholic, Protestant, Hindu, Buddhist, Sikh, Mormon, Orthodox, Jews, Muslims, Christians, Catholics, Republican, Democrat, Labour, Tory, Liberal, Americans, Germans, Italians, Russians, Romanians, Hispanic, Latino, Asian, European, African, Arab, Roma, Igbo, Basque, Catalan, Flemish`,
)
export const FIRMS = list(
  `Microsoft, Google, Apple, Amazon, Siemens, Deutsche Bank, Barclays, HSBC, Santander, BNP Paribas, Goldman Sachs, Morgan Stanley, JPMorgan, Wells Fargo, Citibank, Bank of America, Intel, IBM, Oracle, SAP, Cisco, Dell, Samsung, Sony, Toyota, Honda, Nissan, Volkswagen, BMW, Daimler, Renault, Airbus, Boeing, Lufthansa, Ryanair, Shell, BP, ExxonMobil, Nestlé, Unilever, Novartis, Roche, Pfizer, Bayer, Novo Nordisk, Ericsson, Nokia, IKEA, Volvo, H&M, Spotify, Netflix, Facebook, Twitter, Uber, Airbnb, PayPal, Stripe, Visa, Mastercard, American Express, Walmart, Target, Costco, Starbucks, McDonald's, Coca-Cola, PepsiCo, Nike, Adidas, Zara, Reuters, BBC, CNN, The New York Times, The Guardian, Forbes, Bloomberg, NASA, FBI, CIA, NATO, United Nations, UNESCO, World Bank, European Union, European Commission, Red Cross, Greenpeace, Amnesty International, Harvard University, Stanford University, MIT, University of Oxford, Real Madrid, Manchester United, Chelsea, Arsenal, Yankees, Lakers, Columbia Records, Deloitte, PwC, KPMG, McKinsey, Accenture, Capgemini, Infosys, Tata Consultancy Services, Allianz, AXA, Zurich Insurance, Generali, Swiss Re, Maersk, DHL, FedEx, UPS, Vodafone, Telefónica, Orange, AT&T, Verizon, T-Mobile, Comcast, Disney, Warner Bros, Universal, Pixar, Nintendo, Electronic Arts, Salesforce, Adobe, Zoom, Slack, Dropbox, Docusign, Shopify, Etsy, eBay, Alibaba, Tencent, Huawei, Xiaomi, Lenovo, Foxconn, Hyundai, LG, Kia, Panasonic, Toshiba, Hitachi, Canon, Zillow, Yelp, Expedia, Booking.com, Trustpilot, Experian, Equifax, Moody's, Consumer Reports`,
)
export const FIRM_STEMS = list(
  `Apex, Blue, Bright, Summit, Nova, Vertex, Quantum, Silver, Golden, North, Atlas, Delta, Orion, Pioneer, Cascade, Harbor, Granite, Evergreen, Pinnacle, Sterling, Beacon, Crescent, Horizon, Lumen, Zenith, Cobalt, Ember, Falcon, Ironwood, Juniper, Keystone, Lattice, Meridian, Nimbus, Oakridge, Prism, Redwood, Sapphire, Trident, Vantage, Willow, Data, Cloud, Health, Finance, Energy, Credit, Trade, Market, Green, Urban, Metro, Global, Inter, Trans, Euro, Medi, Bio, Agri, Aero, Hydro, Geo, Info, Cyber, Robo`,
)
export const FIRM_TAILS = list(
  `Technologies, Systems, Solutions, Partners, Group, Holdings, Capital, Ventures, Labs, Analytics, Software, Consulting, Industries, Logistics, Foods, Energy, Bank, Insurance, Networks, Media, Studios, Research, Pharma, Motors, Airlines, Hospital, Clinic, University, Institute, Foundation, Society, Association, Council, Records, Bakery, Hotel, Restaurant, Finance, Works, Interactive, Robotics, Credit Union, Dental, Realty, Builders, Legal, Express, Farms`,
)
export const FIRM_FORMS = list(
  `Inc, Inc., LLC, Ltd, Ltd., Limited, PLC, Corp, Corp., Corporation, Co, Co., GmbH, AG, KG, SE, S.A., SA, SARL, SAS, S.p.A., S.r.l., S.L., B.V., N.V., AB, AS, A/S, Oy, Oyj, Kft., Zrt., Sp. z o.o., s.r.o., a.s., d.o.o., OÜ, ApS, Pty Ltd, Pvt Ltd, K.K.`,
)
export const TITLES = list(
  `Mr., Mrs., Ms., Miss, Dr., Prof., Mr, Mrs, Ms, Dr, Sir, Professor, Doctor, Madam, Herr, Frau, Señor, Señora, Monsieur, Madame`,
)
export const JOBS = list(
  `accountant, actuary, architect, baker, barber, bartender, bookkeeper, bricklayer, butcher, carpenter, cashier, chef, chemist, civil engineer, cleaner, clerk, cook, counsellor, courier, data analyst, data scientist, dentist, designer, driver, economist, editor, electrician, engineer, estate agent, farmer, firefighter, fitness instructor, flight attendant, florist, gardener, graphic designer, hairdresser, head of marketing, housekeeper, HR manager, interpreter, janitor, journalist, judge, kindergarten teacher, lab technician, laboratory technician, lawyer, librarian, lifeguard, machine operator, maid, mail carrier, marketing manager, mason, mechanic, mechanical engineer, medical secretary, midwife, miner, musician, network administrator, nurse, nursing assistant, occupational therapist, office manager, optician, painter, paralegal, paramedic, personal assistant, pharmacist, photographer, physician, physicist, pilot, plumber, police officer, postman, product manager, professor, programmer, project manager, psychologist, radiologist, realtor, receptionist, recruiter, reporter, roofer, sales assistant, sales manager, scientist, secretary, security guard, singer, social worker, software developer, software engineer, soldier, solicitor, statistician, surgeon, surveyor, systems administrator, tailor, tax advisor, taxi driver, teacher, technician, train conductor, translator, travel agent, truck driver, tutor, veterinarian, waiter, waitress, warehouse worker, web developer, welder, writer, zoologist, payroll clerk, claims adjuster, insurance underwriter, loan officer, bank teller, dispatch clerk, crane operator, forklift operator, dental hygienist, speech therapist, school principal, fashion designer, animal trainer, aircraft mechanic, air traffic controller, court reporter, dairy farmer, textile worker, credit analyst, fire inspector, billing clerk, film director, forest ranger, choreographer`,
)
export const STREET_STEMS = list(
  `Main, Oak, Maple, Cedar, Elm, Pine, Washington, Lake, Hill, Park, Church, High, Station, Victoria, Mill, School, King, Queen, Market, Bridge, River, Spring, Highland, Sunset, Franklin, Jefferson, Lincoln, Madison, Jackson, Adams, Chestnut, Walnut, Spruce, Willow, Meadow, Forest, Garden, Valley, College, Union, Liberty, Prospect, Railroad, Center, Grove, Pleasant, Cherry, Dogwood, Magnolia, Birch, Hickory, Poplar, Locust, Sycamore, Juniper, Laurel, Ivy, Rose, Pollen, Cheriton, Timms, Burnside, Grosvenor, Albion, Wharf, Harbour, Castle, Abbey, Manor, Windsor, Balmoral, Cambridge, Oxford, York, Clarence, Devonshire, Hopper, Larkspur, Stonegate, Fairview, Ridgeway, Brookside, Kingsley, Ashford, Thornton, Wexford, Carlton, Beaumont, Trelawney, Penhurst, Boulder, Canyon, Mesa, Sierra, Del Mar, Vista, Pacific, Atlantic, Second, Third, Fourth, Fifth, 5th, 12th, 42nd, 1st, 3rd`,
)
export const STREET_TAILS = list(
  `Street, St, St., Road, Rd, Rd., Avenue, Ave, Ave., Lane, Ln, Drive, Dr, Court, Ct, Place, Pl, Boulevard, Blvd, Way, Terrace, Close, Crescent, Square, Parkway, Highway, Trail, Circle, Row, Walk, Mews, Gardens, Grove, Hill, Bypass, Extension, Extensions, Islands, Isle, Ridge, Falls, Harbor, Landing, Loop, Plaza, Point, Port, Pass, Track, gate, Alley, Crossing, Heights, Hollow, Meadows, Mount, Village`,
)
/** Street patterns of other languages: `%` is a stem of that language or a family name, `#` the house number. */
export const STREETS = list(
  `%straße #, %strasse #, %str. #, %weg #, %gasse #, Am %platz #, %allee #, An der % #, rue % #, # rue de la %, # rue du %, # avenue %, # boulevard %, # place de %, # chemin des %, via % #, Via % #, Via % #, Viale % #, Piazza % #, Corso % #, Calle % #, C/ % #, Calle de % #, Avenida % #, Avda. % #, Plaza % #, Paseo de % #, Rua % #, Rua % #, Avenida % #, Travessa % #, Largo % #, ul. % #, ul. %a #, ulica % #, al. % #, pl. % #, %straat #, %laan #, %weg #, %plein #, %gracht #, %kade #, %gatan #, %vägen #, %gränd #, %vej #, %gade #, %gata #, %vegen #, %veien #, %svingen #, %katu #, %tie #, %kuja #, %ntie #, %polku #, % utca #., % utca #, % út #., % u. #., % tér #, % útja #., % köz #, %ova #, %ská #, náměstí % #, %cesta #, %eva ulica #, Ulica % #, trg % #, %iela #, % tn #, % tee #, % mnt #, % cad. #, % Sokak No: #, Odos % #, % Street #, Jalan % #, % Road #, # % Nagar, Laugavegur #, %gata #, %braut #, %vegur #, Plac % #, Bulevar % #, strada % #, Str. % #, bd. % #`,
)
export const STREET_ROOTS = list(
  `Linden, Bahnhof, Haupt, Schiller, Goethe, Garten, Kirch, Berg, Wald, Rosen, Mozart, Beethoven, Schul, Ring, Breiten, Mühlen, Kasztanowa, Lipowa, Jesionowa, Słowicza, Polna, Leśna, Kościuszki, Mickiewicza, Kossuth, Petőfi, Rákóczi, Árpád, Széchenyi, Koski, Mannerheimin, Hämeen, Puru, Kauppa, Björk, Stor, Drottning, Kungs, Hammar, Magasins, Kloster, Nørre, Vester, Mellem, Østre, Breivang, Storgata, Parkveien, Garibaldi, Roma, Dante, Mazzini, Cavour, Verdi, Napoli, San Marco, Mayor, Real, Cervantes, Goya, Colón, Curas, Victor Hugo, Pasteur, Gambetta, Jean Jaurès, République, Gare, Moulin, Église, Aurora, Flores, Cidade, Augusta, Paulista, Liberdade, Dunajska, Prešernova, Dalmatinova, Cankarjeva, Nerudova, Masarykova, Husova, Vinohradská, Keizers, Prinsen, Dorps, Kerk, Hoge Wei, Molen, Pärna, Pagari, Narva, Tartu, Kalamaja, Agnostou Stratioti, Ermou, Stadiou, Atatürk, Cumhuriyet, Sudirman, Gandhi, Nehru, Revolucije`,
)
export const COMMON_LATIN = list(
  `der, die, das, und, ist, nicht, ich, sie, wir, ihr, mit, von, zu, auf, für, ein, eine, einen, einem, einer, den, dem, des, im, am, bei, nach, aus, wie, war, hat, haben, wird, werden, kann, bitte, mein, meine, meinen, seine, wurde, sich, auch, noch, nur, aber, oder, wenn, dass, was, wer, wo, um, über, vom, zum, zur, le, la, les, un, une, des, du, et, est, que, qui, dans, pour, sur, avec, ne, pas, je, vous, nous, il, elle, mon, ma, mes, votre, son, sa, ses, au, aux, ce, cette, par, plus, être, avoir, été, merci, bonjour, el, los, las, uno, una, y, es, en, con, por, para, mi, su, que, no, se, lo, como, pero, más, está, ha, del, al, gracias, hola, o, os, as, um, uma, e, em, com, não, seu, sua, meu, minha, foi, dos, das, da, il, lo, gli, uno, di, in, per, non, che, è, sono, mio, mia, nel, alla, ho, si, het, een, van, op, te, dat, niet, zijn, met, voor, aan, ook, naar, mijn, uw, ik, je, hij, zij, bij, w, z, na, i, nie, się, jest, do, że, mój, moja, pan, pani, proszę, och, att, det, som, en, på, är, av, inte, med, jag, har, till, min, ett, og, i, på, er, av, ikke, jeg, med, ja, on, ei, minun, ole, az, egy, és, nem, hogy, van, a`,
)
export const COMMON_ENGLISH = list(
  `account, address, agent, also, alternative, amount, answer, application, appointment, april, attached, authentication, balance, bank, because, before, best, billing, birthday, book, booking, branch, bug, business, call, called, cancel, card, case, change, charge, chat, check, city, claim, client, cloud, code, colleague, company, complaint, concert, confirm, contact, contract, copy, could, country, credit, customer, daily, data, date, dear, debit, delivery, department, deposit, details, doctor, document, dog, does, download, email, employee, error, event, fax, file, film, flight, following, form, friend, from, fund, given, good, great, group, happy, head, hello, help, here, hi, history, home, hospital, hotel, house, however, identity, important, information, insurance, interview, invoice, issue, item, job, join, kind, last, later, leave, letter, limit, line, link, list, loan, location, login, lost, mail, manager, meeting, message, mobile, money, month, morning, mortgage, mother, move, moved, movie, music, name, need, new, news, next, night, note, notes, number, office, old, online, open, order, other, owner, package, page, paid, party, passport, password, patient, pay, payment, payroll, people, person, phone, please, policy, position, post, problem, product, profile, project, question, quick, rate, reason, receive, received, record, reference, refund, regarding, regards, reply, report, request, reset, restaurant, return, review, salary, sale, school, security, send, sender, sent, server, service, shop, show, sincerely, sister, site, song, soon, sorry, staff, start, statement, status, still, street, subject, submit, support, sure, system, task, tax, team, tell, thank, thanks, that, their, them, there, these, they, this, ticket, time, today, tomorrow, transaction, transfer, travel, trip, update, urgent, user, vacation, visit, wait, want, website, week, welcome, well, what, when, where, which, who, wife, will, with, work, would, write, year, yes, yesterday, you, your`,
)
/** Everyday words of other languages, nouns above all: a German one has a capital and is no name for that. */
export const COMMON_WORDS = list(
  [
    // German
    'unterschied, beispiel, beispiele, beispielen, frage, fragen, antwort, antworten, text, texte, satz, sätze, sätzen, wort, wörter, wörtern, zeichen, zahl, zahlen, nummer, name, namen, adresse, anschrift, telefon, rechnung, rechnungen, vertrag, vertrags, kunde, kunden, kundin, kundennummer, konto, kontos, betrag, beträge, summe, miete, kaltmiete, warmmiete, nebenkosten, kaution, zahlung, zahlungen, überweisung, lieferung, lieferungen, bestellung, bestellungen, auftrag, angebot, preis, preise, menge, artikel, position, gewicht, länge, breite, höhe, größe, temperatur, druck, stufe, klasse, steuerklasse, schutzklasse, gruppe, teil, teile, ersatzteil, schraube, dichtung, ventil, gerät, geräte, maschine, motor, fahrzeug, kennzeichen, unfall, unfallort, schaden, schadenmeldung, versicherung, steuer, steuern, finanzamt, gehalt, brutto, netto, lohn, arbeit, arbeitszeit, urlaub, krankheit, mitarbeiter, mitarbeiterin, mitarbeitern, kollege, kollegin, kollegen, leitung, teamleitung, abteilung, firma, unternehmen, gesellschaft, geschäftsführer, büro, termin, termine, besprechung, protokoll, bericht, entwurf, anlage, anhang, datei, dateien, ordner, seite, seiten, kapitel, abschnitt, absatz, tabelle, spalte, zeile, zeilen, abbildung, liste, passwort, kennwort, benutzer, anmeldung, einstellung, einstellungen, fehler, fehlermeldung, lösung, problem, probleme, programm, software, rechner, server, netzwerk, drucker, bildschirm, verbindung, zugang, daten, datum, jahr, jahre, jahren, monat, monate, monaten, woche, wochen, tag, tage, tagen, stunde, stunden, minute, minuten, zeit, zeitraum, anfang, ende, straße, stadt, länder, ländern, wohnung, haus, zimmer, küche, garten, familie, mutter, vater, bruder, schwester, tochter, eltern, freund, freundin, freunde, person, personen, leute, menschen, patient, patientin, arzt, ärztin, krankenhaus, behandlung, medikament, schule, lehrer, lehrerin, schüler, prüfung, kenntnisse, sprachen, sprache, deutsch, deutsche, deutschen, englisch, spanisch, französisch, geburtsdatum, vorname, nachname, ledig, verheiratet, geboren, wohnhaft, frühling, liebe, leben, welt, weltkrieg, krieg, frieden, geschichte, gedicht, brief, nachricht, nachrichten, grüße, dank, bitte, hilfe, unterstützung, rückmeldung, möglichkeit, grund, gründe, ziel, ziele, weise, bereich, ergebnis, ergebnisse, gesetz, gesetze, recht, gericht, urteil, klage, anwalt, dativ, akkusativ, nominativ, genitiv, grammatik, übersetzung, zusammenfassung, überschrift, thema, themen, absender, empfänger, paket, sendung, verspätung, bahn, flug, fluss, meer, haltestelle, fahrrad, auto, wasser, strom, heizung, zähler, zählerstand',
    'erkläre, erklären, schreibe, schreiben, fasse, fassen, übersetze, übersetzen, nenne, nennen, vergleiche, vergleichen, analysiere, beschreibe, beschreiben, erstelle, erstellen, formuliere, formulieren, berechne, berechnen, gib, geben, zeige, zeigen, finde, finden, korrigiere, prüfe, prüfen, verwende, antworte, lies, lesen, höflich, zusammen, mindestens, höchstens, folgende, folgenden, folgender, zwischen, heute, gestern, morgen, jetzt, immer, neue, neuen, neues, alte, alten, erste, ersten, erster, zweite, zweiten, dritte, guten, gute, gut, hallo, viele, vielen, drei, vier, fünf, sechs, sieben, acht, neun, zehn, durch, gegen, ohne, unter, seit, während, damit, weil, laut, anbei, leider, gerne, schnell, wichtig, dringend, falsch, richtig',
    // French
    'différence, exemple, exemples, question, réponse, texte, phrase, phrases, mot, mots, chiffre, nombre, numéro, nom, adresse, téléphone, facture, contrat, client, cliente, compte, montant, somme, loyer, caution, paiement, virement, livraison, commande, offre, prix, quantité, article, poids, longueur, largeur, hauteur, température, classe, groupe, partie, pièce, appareil, machine, moteur, véhicule, accident, dommage, assurance, impôt, salaire, brut, travail, congé, employé, employée, collègue, équipe, service, société, entreprise, directeur, bureau, réunion, rapport, dossier, fichier, page, chapitre, tableau, ligne, liste, utilisateur, connexion, erreur, solution, problème, logiciel, ordinateur, serveur, réseau, imprimante, écran, accès, données, date, année, semaine, jour, heure, minute, temps, début, ville, pays, appartement, maison, chambre, cuisine, famille, mère, père, frère, sœur, fils, fille, parents, ami, amie, personne, gens, malade, médecin, hôpital, traitement, médicament, école, professeur, élève, examen, langue, français, anglais, espagnol, allemand, automne, hiver, printemps, amour, vie, guerre, paix, histoire, poème, lettre, message, salutations, aide, raison, but, façon, résultat, loi, droit, tribunal, avocat, passé, composé, imparfait, grammaire, traduction, résumé, titre, sujet, colis, retard, train, mer, eau, révolution, abonnement, dernier, première, premier, deuxième, suivant, suivante, bonjour, bonsoir, madame, monsieur, cordialement, veuillez, pouvez, voudrais, merci, beaucoup, toujours, jamais, aujourd, hier, demain, entre, après, avant, sous, sans, chez, selon, depuis, pendant, cinq, trois, quatre, dix',
    'écris, rédige, explique, traduis, résume, compare, analyse, décris, crée, calcule, corrige, trouve, donne, propose, réponds, écrire, rédiger, expliquer, traduire, résumer, annuler, envoyer, recevoir',
    // Spanish
    'diferencia, ejemplo, ejemplos, pregunta, respuesta, texto, frase, frases, palabra, palabras, número, nombre, dirección, teléfono, factura, contrato, cliente, cuenta, importe, suma, alquiler, fianza, pago, transferencia, entrega, pedido, oferta, precio, cantidad, artículo, longitud, altura, clase, grupo, parte, pieza, aparato, máquina, vehículo, accidente, daño, seguro, impuesto, salario, sueldo, trabajo, vacaciones, empleado, compañero, equipo, servicio, sociedad, empresa, director, oficina, reunión, informe, archivo, página, capítulo, tabla, línea, contraseña, usuario, error, solución, problema, programa, ordenador, servidor, red, impresora, pantalla, acceso, datos, fecha, año, años, meses, semana, día, días, hora, horas, minuto, tiempo, principio, ciudad, país, piso, habitación, cocina, familia, madre, padre, hermano, hermana, hijo, hija, padres, amigo, amiga, persona, personas, gente, paciente, médico, hospital, tratamiento, escuela, profesor, alumno, examen, idioma, español, inglés, francés, otoño, invierno, verano, primavera, mundo, civil, historia, poema, cuento, carta, correo, mensaje, saludo, saludos, ayuda, razón, objetivo, manera, resultado, derecho, juicio, abogado, gramática, traducción, resumen, título, paquete, retraso, tren, vuelo, agua, presupuesto, reforma, formal, batalla, primero, primera, último, siguiente, siguientes, buenos, buenas, días, tardes, estimado, estimada, estimados, señores, señor, señora, atentamente, puede, quiero, tengo, siempre, nunca, hoy, ayer, mañana, entre, después, antes, bajo, sin, según, desde, durante, cinco, tres, cuatro, diez, lugar, tuvo',
    'escribe, redacta, explica, traduce, resume, compara, analiza, describe, crea, calcula, corrige, encuentra, propone, responde, solicitar, cancelar, enviar, recibir, adjunto',
    // Italian
    'differenza, esempio, esempi, domanda, risposta, testo, frase, frasi, parola, parole, numero, nome, indirizzo, telefono, fattura, contratto, cliente, conto, importo, somma, affitto, cauzione, pagamento, bonifico, consegna, ordine, offerta, prezzo, quantità, articolo, lunghezza, altezza, classe, gruppo, parte, pezzo, macchina, veicolo, incidente, danno, assicurazione, imposta, stipendio, lavoro, ferie, dipendente, collega, squadra, servizio, società, azienda, direttore, ufficio, riunione, relazione, pagina, capitolo, tabella, riga, utente, errore, soluzione, problema, programma, server, rete, stampante, schermo, accesso, dati, data, anno, anni, mese, mesi, settimana, giorno, giorni, ora, ore, minuto, tempo, inizio, fine, città, paese, appartamento, camera, cucina, famiglia, madre, padre, fratello, sorella, figlio, figlia, genitori, amico, amica, persona, persone, gente, paziente, medico, ospedale, cura, scuola, professore, esame, lingua, italiano, inglese, francese, autunno, inverno, estate, primavera, amore, vita, mondo, mondiale, storia, poesia, lettera, messaggio, saluti, aiuto, motivo, modo, risultato, legge, diritto, tribunale, avvocato, grammatica, traduzione, riassunto, titolo, punti, pacco, ritardo, treno, volo, mare, acqua, abbonamento, palestra, risorgimento, prima, secondo, seconda, ultimo, seguente, seguenti, buongiorno, buonasera, gentile, egregio, cordiali, distinti, vorrei, posso, sempre, oggi, ieri, domani, tra, dopo, sotto, senza, secondo, durante, cinque, tre, quattro, dieci, formale',
    'scrivi, riassumi, spiega, traduci, elenca, confronta, analizza, descrivi, crea, calcola, correggi, trova, proponi, rispondi, disdire, inviare, ricevere, deve, avere',
    // Portuguese
    'diferença, exemplo, exemplos, pergunta, resposta, texto, frase, frases, palavra, palavras, número, nome, morada, endereço, telefone, telemóvel, fatura, contrato, cliente, conta, valor, soma, renda, aluguel, pagamento, transferência, entrega, encomenda, pedido, oferta, preço, quantidade, artigo, altura, classe, grupo, parte, peça, máquina, veículo, acidente, dano, seguro, imposto, salário, trabalho, férias, funcionário, colega, equipe, equipa, serviço, sociedade, empresa, diretor, escritório, reunião, relatório, ficheiro, arquivo, página, capítulo, tabela, linha, usuário, utilizador, erro, solução, problema, programa, computador, servidor, rede, tela, acesso, dados, data, ano, anos, mês, semana, hora, horas, minuto, tempo, início, cidade, país, apartamento, quarto, cozinha, família, mãe, irmã, filha, amigo, amiga, pessoa, pessoas, paciente, médico, tratamento, escola, exame, língua, linguagem, português, inglês, outono, inverno, verão, mundo, história, poema, carta, mensagem, cumprimentos, ajuda, motivo, modo, meio, resultado, direito, tribunal, advogado, gramática, tradução, resumo, título, crianças, atraso, trem, comboio, voo, água, fotossíntese, primeiro, último, seguinte, olá, oi, noite, prezado, prezada, venho, gostaria, preciso, sempre, nunca, hoje, ontem, amanhã, entre, depois, antes, sob, sem, desde, durante, cinco, três, quatro, dez, simples',
    'escreva, redija, explique, traduza, resuma, compare, analise, descreva, crie, calcule, corrija, encontre, responda, cancelar, enviar, receber, reclamar',
    // Dutch
    'verschil, voorbeeld, voorbeelden, vraag, vragen, antwoord, tekst, zin, zinnen, woord, woorden, getal, nummer, naam, adres, telefoon, rekening, factuur, contract, klant, bedrag, som, huur, borg, betaling, overschrijving, levering, bestelling, aanbod, prijs, aantal, artikel, gewicht, lengte, breedte, hoogte, klasse, groep, deel, onderdeel, apparaat, machine, voertuig, kenteken, ongeluk, schade, verzekering, belasting, salaris, loon, werk, vakantie, medewerker, collega, collegas, team, afdeling, bedrijf, directeur, kantoor, afspraak, vergadering, verslag, bestand, pagina, hoofdstuk, tabel, regel, lijst, gebruiker, fout, oplossing, probleem, programma, computer, netwerk, scherm, toegang, gegevens, datum, jaar, jaren, maand, week, weken, dagen, uur, minuut, tijd, begin, einde, stad, woning, huis, kamer, keuken, familie, moeder, vader, broer, zus, zoon, dochter, ouders, vriend, vriendin, persoon, mensen, patiënt, arts, ziekenhuis, school, leraar, examen, taal, nederlands, herfst, zomer, lente, liefde, leven, wereld, oorlog, wereldoorlog, vrede, geschiedenis, gedicht, brief, bericht, groet, groeten, hulp, reden, doel, manier, resultaat, wet, recht, rechter, advocaat, grammatica, vertaling, samenvatting, titel, onderwerp, pakket, vertraging, trein, vlucht, zee, water, hypotheek, lening, eeuw, gouden, eerste, tweede, laatste, volgende, goedemorgen, goedemiddag, goedenavond, beste, geachte, vriendelijke, graag, altijd, nooit, vandaag, gisteren, morgen, tussen, na, zonder, volgens, sinds, tijdens, vijf, drie, vier, tien',
    'schrijf, vertaal, noem, vergelijk, beschrijf, maak, bereken, zoek, verbeter, gebruik, stuur, ontvang',
    // Polish
    'różnica, różnicę, przykład, przykłady, przykładów, przykładach, pytanie, odpowiedź, tekst, zdanie, zdania, zdaniach, słowo, słowa, słów, słowach, liczba, numer, imię, nazwisko, adres, telefon, faktura, fakturę, umowa, umowę, klient, konto, kwota, kwotę, suma, czynsz, kaucja, płatność, przelew, dostawa, zamówienie, zamówienia, oferta, cena, ilość, artykuł, waga, długość, wysokość, klasa, grupa, część, urządzenie, maszyna, pojazd, wypadek, szkoda, ubezpieczenie, podatek, pensja, praca, pracę, urlop, pracownik, kolega, zespół, dział, firma, spółka, dyrektor, biuro, spotkanie, raport, plik, strona, stronę, stroną, rozdział, tabela, wiersz, użytkownik, błąd, rozwiązanie, problem, program, komputer, serwer, sieć, ekran, dostęp, data, lata, miesiąc, tydzień, dzień, dni, godzina, minuta, czas, początek, koniec, miasto, mieszkanie, pokój, kuchnia, rodzina, matka, ojciec, brat, siostra, syn, córka, rodzice, przyjaciel, osoba, ludzie, pacjent, lekarz, szpital, leczenie, szkoła, nauczyciel, egzamin, język, polski, angielski, jesień, jesieni, zima, wiosna, miłość, życie, świat, wojna, światowa, pokój, historia, wiadomość, pozdrowienia, pomoc, powód, cel, sposób, wynik, prawo, adwokat, gramatyka, tłumaczenie, streszczenie, tytuł, temat, paczka, opóźnienie, pociąg, morze, woda, powieść, powieści, pierwiastek, czynną, bierną, pierwszy, pierwsza, druga, ostatni, następny, dzień, dobry, szanowni, państwo, mam, chcę, zawsze, nigdy, dzisiaj, wczoraj, jutro, między, po, przed, pod, bez, według, od, podczas, pięć, pięciu, trzy, trzech, cztery, dziesięć, zlecenia, dnia, zawarta, ile, wynosi',
    'napisz, wyjaśnij, przetłumacz, streść, porównaj, opisz, stwórz, oblicz, popraw, znajdź, podaj, wymień, odpowiedz',
    // Swedish, Danish, Norwegian
    'skillnad, exempel, fråga, svar, text, mening, nummer, namn, adress, telefon, faktura, avtal, kund, konto, belopp, hyra, betalning, leverans, beställning, pris, antal, vikt, längd, höjd, klass, grupp, maskin, fordon, olycka, skada, försäkring, skatt, lön, arbete, semester, kollega, företag, kontor, möte, rapport, fil, sida, kapitel, tabell, användare, fel, lösning, problem, program, dator, nätverk, skärm, datum, månad, vecka, timme, stad, lägenhet, familj, bror, syster, dotter, vän, person, patient, läkare, sjukhus, skola, språk, svenska, engelska, höst, vinter, sommar, kärlek, liv, värld, krig, historia, dikt, brev, meddelande, hälsningar, hjälp, lag, domstol, översättning, sammanfattning, rubrik, rubriker, kort, skriv, förklara, översätt, sammanfatta, jämför, beskriv, skapa, beräkna, föreslå, tack, takk, spørsmål, spørgsmål, regning, regningen, regningen, forskel, forskjell, skriv, forklar, oversæt, oversett',
    // Hungarian, Czech, Turkish, Finnish, Romanian
    'kérem, kérjük, köszönöm, tisztelt, üdvözlettel, segítség, kérdés, válasz, szöveg, mondat, szó, szám, név, cím, telefon, számla, szerződés, ügyfél, összeg, fizetés, szállítás, rendelés, ár, nap, hét, hónap, év, óra, perc, idő, város, ország, lakás, család, orvos, kórház, iskola, nyelv, magyar, angol, ma, holnap, tegnap, írjon, magyarázza, fordítsa, hasonlítsa',
    'prosím, děkuji, vážený, vážená, pozdravem, pomoc, otázka, odpověď, text, věta, slovo, číslo, jméno, adresa, telefon, faktura, smlouva, zákazník, částka, platba, dodávka, objednávka, cena, den, týden, měsíc, rok, hodina, minuta, čas, město, země, byt, rodina, lékař, nemocnice, škola, jazyk, čeština, angličtina, dnes, zítra, včera, napište, vysvětlete, přeložte, porovnejte',
    'lütfen, teşekkürler, teşekkür, sayın, saygılarımla, yardım, soru, cevap, metin, cümle, kelime, sayı, numara, isim, adres, telefon, fatura, sözleşme, müşteri, tutar, ödeme, teslimat, sipariş, fiyat, gün, hafta, ay, yıl, saat, dakika, zaman, şehir, ülke, daire, aile, doktor, hastane, okul, dil, türkçe, ingilizce, bugün, yarın, dün, yaz, açıkla, çevir, karşılaştır, toplantı, kart, hesap',
    'kiitos, ole, hyvä, hyvää, päivää, kysymys, vastaus, teksti, sana, numero, nimi, osoite, puhelin, lasku, sopimus, asiakas, summa, maksu, toimitus, tilaus, hinta, päivä, viikko, kuukausi, vuosi, tunti, aika, kaupunki, maa, asunto, perhe, lääkäri, sairaala, koulu, kieli, suomi, englanti, tänään, huomenna, eilen, kirjoita, selitä, käännä, vertaa, mulțumesc, bună, ziua, întrebare, răspuns, cuvânt, număr, nume, adresă, factură, contract, sumă, plată, comandă, preț, astăzi, mâine, ieri, scrie, explică, traduce',
  ].join(', '),
)
