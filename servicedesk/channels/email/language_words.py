"""Small words of everyday sentences, by language. Those that languages share count for each."""

SMALL_WORDS = {
    "en": (
        "the and is are was were you your i my we our it of to in for with that this have has "
        "not can could would please thank thanks hello dear hi on at be do does did if when how "
        "what why get from but or any no yes will me us an as by there been am help need order"
    ),
    "de": (
        "der die das und ist sind war nicht ich sie wir mein meine ihre ihr unser mit für von "
        "den dem ein eine einen auf bei zu haben habe hat kann können bitte danke hallo guten "
        "tag sehr geehrte wie was warum wenn aber oder noch auch nach über es mir mich uns am "
        "im zum wird werden keine kein nur schon"
    ),
    "fr": (
        "le la les des est sont pas je vous nous mon ma mes votre vos notre avec pour dans sur "
        "une un et du de que qui ne ce cette merci bonjour cordialement avez ai ont être "
        "comment pourquoi si mais ou au aux par plus puis j'ai c'est n'est d'une l'adresse "
        "commande il"
    ),
    "es": (
        "el la los las es son no yo usted ustedes mi mis su sus nuestro con para por en una un "
        "y de del que se lo gracias hola buenos días estimado tengo tiene puede pueden cómo qué "
        "si pero o al más he ha favor muy está están cuando pedido me nos buenas tardes"
    ),
    "it": (
        "il lo la gli le è sono non io voi mio mia suo vostro nostro con per in su una un e di "
        "del della che si grazie buongiorno salve gentile ho ha avete può potete come cosa "
        "perché se ma o al alla più questo questa mi ci nel dei ordine vorrei anche ancora da"
    ),
    "pt": (
        "o a os as é são não eu você vocês meu minha seu sua nosso com para por em uma um e de "
        "do da que se obrigado obrigada olá bom dia prezado tenho tem pode podem como porque "
        "mas ou ao à mais está estão quando pedido me no na muito gostaria já foi isso boa "
        "tarde"
    ),
    "nl": (
        "de het een en is zijn niet ik u wij mijn uw onze met voor van op in te dat die deze "
        "heb heeft hebben kan kunnen bedankt dank hallo beste geachte hoe wat waarom als maar "
        "of ook nog naar bij om er geen wel wordt worden graag groet groeten bestelling aan ons "
        "mij"
    ),
    "sv": (
        "och är det att jag vi ni min mitt er vår med för av på i en ett som inte har kan tack "
        "hej hur vad varför om men eller från till den de så också när vänliga hälsningar "
        "beställning"
    ),
    "da": (
        "og er det at jeg vi min mit jeres vores med for af på i en et som ikke har kan tak hej "
        "hvordan hvad hvorfor hvis men eller fra til den de så også når venlig hilsen "
        "bestilling der"
    ),
    "no": (
        "og er det at jeg vi min mitt deres vår med for av på i en et som ikke har kan takk hei "
        "hvordan hva hvorfor hvis men eller fra til den de så også når vennlig hilsen "
        "bestilling"
    ),
    "fi": (
        "ja on ei että minä me te minun teidän kanssa mutta tai jos kun miten mitä miksi hei "
        "kiitos olen ovat voi voitte tilaus ystävällisin terveisin olisi myös vielä niin se "
        "tämä en"
    ),
    "pl": (
        "i jest są nie że ja my pan pani moje mój mojego państwa z za do na w o się czy jak co "
        "dlaczego jeśli ale lub proszę dziękuję dzień dobry witam mam mogę może zamówienie od "
        "po tego to przez pozdrawiam"
    ),
    "cs": (
        "a je jsou není že já my můj moje váš naše s za do na v o se si jak co proč pokud ale "
        "nebo prosím děkuji dobrý den mám mohu může objednávka od po toho to jsem pozdravem"
    ),
    "tr": (
        "ve bir bu için ile ben biz siz benim sizin bizim değil var yok mi mı nasıl ne neden "
        "ama veya teşekkürler merhaba lütfen sayın sipariş olarak daha çok gibi kadar iyi "
        "günler"
    ),
    "hu": (
        "és egy az ez nem van vagyok én mi ön hogy hogyan mit miért ha de vagy kérem köszönöm "
        "jó napot tisztelt rendelés már még csak is meg mert üdvözlettel"
    ),
    "ro": (
        "și este sunt nu eu noi dumneavoastră meu mea cu pentru de la în pe un o că ce cum dacă "
        "dar sau vă rog mulțumesc bună ziua comanda mai am are stimate"
    ),
    "vi": (
        "và là của tôi bạn chúng không có được cho với này trong một các xin chào cảm ơn vui "
        "lòng như thế nào tại sao nhưng hoặc đơn hàng đã sẽ"
    ),
    "id": (
        "dan yang saya anda kami tidak ada untuk dengan ini itu di ke dari pada adalah sudah "
        "belum bisa dapat mohon terima kasih halo selamat pagi bagaimana apa mengapa tetapi "
        "atau"
    ),
}
