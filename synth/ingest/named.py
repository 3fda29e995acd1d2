"""What the name of a column says, in the languages that tables come in. A name is public.

Names are compared as words, without accents, so that `DateOfBirth`, `date_of_birth` and `Date de
naissance` need one entry each. A word that means other things besides (`condition`, `union`,
`genre`, `data`) is listed only together with what makes it plain.
"""

from __future__ import annotations

import re
import unicodedata
from dataclasses import dataclass
from functools import lru_cache

from synth.lazily import compiled
from synth.schema import Role

# Letters that no accent is taken off, and how they are written without.
PLAIN = str.maketrans({"ł": "l", "ø": "o", "đ": "d", "\u0131": "i", "æ": "ae", "œ": "oe", "ð": "d"})
MARKS = compiled("[\u0300-\u036f]")


def words_of(name: str) -> str:
    """A column's name as lower-case words: `DateOfBirth` and `date_of-birth` alike, no accents."""
    spread = re.sub(r"(?<=[a-z])(?=[A-Z])|(?<=[A-Z])(?=[A-Z][a-z])", " ", name)
    bare = MARKS.sub("", unicodedata.normalize("NFKD", spread.casefold().translate(PLAIN)))
    return re.sub(r"[\W_]+", " ", unicodedata.normalize("NFC", bare)).strip()


@dataclass(frozen=True)
class Meaning:
    """What columns of some names are.

    Args:
        what: told to the custodian, after "By its name, it ".
        words: found anywhere in a name, between words.
        alone: the whole name, once the words for people (`PERSON`) are taken out of it.
        of_people: names of people, which stay identifiers however often they repeat.
        of_places: names of places, some of which people are called, too.
    """

    role: Role
    what: str
    words: str = ""
    alone: str = ""
    of_people: bool = False
    of_places: bool = False


PERSON = (
    "patient|patients|participant|subject|subj|person|persons|customer|client|respondent|"
    "employee|user|proband|pasient|paziente|paciente|patienten|patientin|kunde|kunden|klient|"
    "kund|klant|pacjent|pacjenta|pacient|participante|partecipante|teilnehmer|mitarbeiter|"
    "deelnemer|deltager|deltagare|uczestnik|osoba|asiakas|potilas|hasta|beteg|medewerker|"
    "empleado|employe|dipendente|funcionario|utente|пациент|клиент|сотрудник|участник"
)
SMALL = r"(the|of|de|du|des|del|della|di|do|da|van|der|la|le|el|l|d|nr|no)"

OF_PEOPLE = r"""
    (first|last|full|given|family|middle|maiden|fore|christian|patient|customer|client|user|
    person|employee|participant|subject|contact|owner|author|student|passenger|doctor|player|
    legal|preferred|birth|mother s?|father s?|spouse) ?names?|fore ?name|fname|lname|sur ?name|
    f name|l name|vor ?name|vornamen|nach ?name|nachnamen|familien ?name|geburts ?name|prenoms?|
    nom (de )?famille|nom complet|nom (du )?patient|nombres? (y )?apellidos?|apellidos?|
    primer (nombre|apellido)|segundo (nombre|apellido)|sobre ?nome|apelido|nome completo|
    primeiro nome|ultimo nome|cognome|nome e cognome|achter ?naam|voor ?naam|voornamen|familienaam|
    efter ?namn|for ?namn|efter ?navn|for ?navn|mellan ?namn|suku ?nimi|etu ?nimi|imie|imiona|
    imie i nazwisko|nazwisko|krestni jmeno|jmeno|prijmeni|krstne meno|priezvisko|vezetek ?nev|
    kereszt ?nev|csalad ?nev|utonev|prenume|nume de familie|ad ?soyad|ad soyadi|soy ?ad|soy ?adi|
    soy ?isim|prezime|priimek|фио|фамилия|имя|отчество|прізвище|імя|ім я|по батькові|ονοματεπωνυμο|
    επωνυμο|име|презиме|фамилно име
"""
NUMBERS = r"""
    (\w+ )*id|(\w+ )*ids|
    \w*(patid|usubjid|subjid|caseid|custid|userid|empid|personid|patientid|studentid|memberid|
    recordid|encid|hadmid|stayid)|seqn|mrn|
    (emp|empl|employee|pat|patient|patienten|pt|cust|customer|kunden|client|subj|subject|
    participant|proband\w*|teilnehmer|student|member|mitglieds?|versicherten|personal|
    matrikel|person|personal|record|case|fall|account|acct|konto|medical record|chart|
    hospital|policy|insurance|badge|staff|payroll|klant|patient s|pacjenta|pacienta|order|
    invoice|rechnungs|serial|licen[cs]e|passport|ausweis|pass|sozialversicherungs|
    rentenversicherungs|steuer|krankenversicherten|tax|national|identity|identification|
    citizen|sample|specimen) ?(id|no|nr|num|nbr|number|nummer|numero|num ro|numer|code|key|
    kod|ident\w*)|
    (numero|num|n|nr|no|numer|cislo|nummer) ?(de |del |du |di |da |do |d )?(patient|paciente|
    paziente|dossier|cliente?|compte|cuenta|conta|conto|pacjenta|pacienta|securite sociale|
    seguridad social|historia clinica|expediente|tessera|utente|klienta|pesel|telephone|
    telefono|telefone|telefonu|siret|siren)|matricule|matricola|legajo|prontuario|legitymacja|
    social security|ssn|nhs|nino|national insurance|pesel|bsn|burgerservicenummer|sofi ?nummer|cpf|
    cnpj|cuil|curp|codice fiscale|cod fisc\w*|codfis\w*|insee|person ?nummer|personnr|
    fodsels ?nummer|cpr ?nummer|henkilo ?tunnus|rodne cislo|jmbg|tckn|tc kimlik( no)?|kimlik no|
    aadhaar|aadhar|svnr|steuer ?id|снилс|инн|паспорт|рнокпп|номер (паспорта|полиса|телефона|карты)|
    табельный номер|егн|αμκα|αφμ|passport|reisepass|passeport|pasaporte|passaporto|paszport|
    paspoort|iban|credit card( number)?|card number|bank account|kontonummer|account number|
    (\w+ )*(hash|md5|sha ?(1|256|512)|token|fingerprint)|session( id)?|
    licen[cs]e plate|number plate|kennzeichen|imei|imsi|mac address|device id|insurance number
"""
REACHED = r"""
    e ?mails?|courriel|correo( electronico)?|posta elettronica|epost|e post|sahkoposti|
    электронная почта|почта|phone|telephone|telephones|tele?phon|telefon\w*|telefoon\w*|telefono|
    telefone|tel|mobile|mobil|mobilnummer|movil|celular|cellulare|handy ?nummer|puhelin\w*|gsm|fax|
    телефон|τηλεφωνο|street|streets?|address\w*|adresse?\w*|direccion|domicilio|indirizzo|endereco|
    morada|adres|adresa|adress|osoite|lakcim|adresi|straat\w*|strasse\w*|hausnummer|huisnummer|
    house number|calle|ulica|адрес|улица|διευθυνση|urls?|website|web ?site|web ?page|ip address|
    user ?name|twitter|facebook|instagram|screen name
"""
BORN = r"""
    (date of |year of |month of )?birth( ?date| ?year| ?day| ?month)?|dob|yob|birthdate|birthday|
    birthyear|geburts ?\w*|geb ?dat\w*|geboren|gebdatum|(date |annee |lieu |an )?(de )?naissance|
    ddn|(fecha |ano |lugar )?(de )?nacimiento|fecha ?nac\w*|fec ?nac\w*|
    (data |ano )?(de )?nascimento|data ?nasc\w*|dt ?nasc\w*|(data |luogo |anno )?(di )?nascita|
    geboorte ?\w*|fodelse ?\w*|fodsels ?\w*|fodt|fodd|syntyma\w*|syntynyt|data ?ur\w*|rok ur\w*|
    urodzenia|(datum |rok )?(narozeni|narodenia)|szuletes\w*|szul|(data |locul )?nasterii|
    dogum( \w+)?|rodjenja|rodenja|(дата |год |место )?рождения|(дата |рік )?народження|γεννησης|
    ημερομηνια γεννησης
"""
AGED = r"""
    ages?|age (band|group|bracket|range|broad)|ages? in years|altersgruppe|alter in jahren|edad|
    idade|leeftijd\w*|alder|wiek|eletkor|varsta|yasi|возраст|вік|ηλικια|възраст
"""
SEX = r"""
    sex|gender|geschlecht|geschl|sexe|sexo|genero|sesso|geslacht|kjonn|kjon|sukupuoli|plec|pohlavi|
    pohlavie|cinsiyet|cinsiyeti|spol|пол|стать|φυλο
"""
PLACE = r"""
    zip( ?code)?|post ?codes?|postal( ?code)?|plz|post ?leit ?zahl|code ?postal|codigo ?postal|
    codice postale|postnummer|postnr|post nr|postinumero|kod ?pocztowy|iranyitoszam|irsz|
    cod ?postal|posta ?kodu|почтовый индекс|индекс|поштовий індекс|city|town|village|municipality|
    suburb|neighbou?rhood|county|district|region|province|state|stadt|wohnort|gemeinde|landkreis|
    bundesland|ville|commune|departement|region\w*|ciudad|pueblo|municipio|provincia|comuna|
    localidad|cidade|concelho|distrito|estado|citta|comune|provincia|regione|residenza|woonplaats|
    plaats|gemeente|provincie|kommune?n?|kunta|maakunta|kaupunki|paikkakunta|miasto|miejscowosc|
    gmina|powiat|wojewodztwo|mesto|varos|telepules|megye|judet|localitate|sehir|ilce|город|область|
    регион|район|населенный пункт|місто|πολη|νομος|country( \w+)?|herkunftsland|panstwo|orszag|
    ulke|страна|країна|χωρα|native country|birth ?place|place of birth|geburtsort|lsoa|area|
    deprivation( decile)?|nationality|citizenship|nationalitat|staatsangehorigkeit|
    staatsburgerschaft|nationalite|nacionalidad|nacionalidade|nazionalita|cittadinanza|
    nationaliteit|nasjonalitet|nationalitet|kansalaisuus|obywatelstwo|narodowosc|
    statni prislusnost|allampolgarsag|cetatenie|uyruk|гражданство|национальность|громадянство|
    υπηκοοτητα|latitude|longitude|geolocation
"""
LIVES = r"""
    race|ethnic\w*|ethnie|etnia|ethnie|herkunft|marital( status)?|civil status|familienstand|
    etat civil|situation (familiale|matrimoniale)|estado civil|stato civile|burgerlijke staat|
    civilstand|sivilstatus|siviilisaaty|stan cywilny|rodinny stav|csaladi allapot|stare civila|
    medeni durum|medeni hal|семейное положение|сімейний стан|relationship|children|kinder|
    nombre d enfants|hijos|filhos|figli|household( size)?|haushalt\w*|education( num)?|educ|
    bildung|schulabschluss|bildungsabschluss|ausbildung|niveau d etudes|diplome|educacion|
    escolaridad|escolaridade|istruzione|titolo di studio|opleiding|utbildning|uddannelse|utdanning|
    koulutus|wyksztalcenie|vzdelani|vzdelanie|vegzettseg|educatie|studii|egitim|образование|освіта|
    degree|school|occupation|profession\w*|job( title)?|beruf|profesion|ocupacion|oficio|profissao|
    ocupacao|professione|lavoro|beroep|yrke|erhverv|ammatti|zawod|povolani|povolanie|foglalkozas|
    ocupatie|meslek|профессия|должность|професія|επαγγελμα|employer|arbeitgeber|employeur|
    empleador|datore di lavoro|werkgever|arbetsgivare|pracodawca|work ?class|industry|branche|
    language|muttersprache|langue|idioma|lingua|taal|sprak|jezyk|hospitals?|krankenhaus|klinik|
    hopital|ospedale|ziekenhuis|sjukhus|szpital|больница|ward|clinic|department( name)?|physician|
    doctor|arzt|medecin|medico|(event|visit) (date|time)|
    (admission|arrival|discharge|death|enrolment|enrollment|hire|join\w*)( date)?( ?time)?|
    (admitted|discharged|arrived|died|hired)( at| on)?|date|datum|fecha|aufnahme\w*|entlassung\w*|
    height( in \w+)?|weight( in \w+)?|body ?height|body ?weight|height (cm|m|in)|
    weight (kg|g|lbs?)|korpergrosse|korpergewicht|poids|taille|peso corporeo
"""
SECRET = r"""
    diagnos\w*|diagnoz\w*|\w* ?dx|icd( ?10| ?9)?|treatments?|procedures?|medications?|drugs?|
    disease\w*|illness\w*|
    (medical|health|chronic|pre ?existing|mental|underlying|patient) conditions?|disabilit\w*|
    hiv( status)?|cancer|pregnan\w*|test result|behandlung\w*|krankheit\w*|erkrankung\w*|befund\w*|
    medikament\w*|behinderung|schwanger\w*|maladies?|traitements?|medicaments?|handicap|enceinte|
    enfermedad\w*|tratamientos?|medicamentos?|discapacidad|doencas?|tratamentos?|malatti\w*|
    terapi\w*|farmac\w*|ziekte\w*|behandeling|medicatie|sjukdom\w*|behandling|sygdom\w*|sykdom\w*|
    sairau\w*|laakity\w*|rozpoznani\w*|chorob\w*|leczeni\w*|leki|nemoc\w*|lecba|betegseg\w*|
    kezeles|gyogyszer\w*|boala|tratament|hastalik|teshis|диагноз\w*|заболевани\w*|болезн\w*|
    лечени\w*|діагноз\w*|διαγνωση|ασθενεια|salary( class)?|salaries|income\w*|wages?|earnings|pay|
    debts?|credit( score| limit| rating)?|gehalt\w*|einkommen\w*|lohn\w*|verdienst|schulden|
    salaires?|revenus?|revenu \w+|dettes?|salario|sueldo|ingresos?|renta|deudas?|renda|rendimento|
    ordenado|divida|stipendio|reddito|retribuzione|debito|salaris|inkomen\w*|manads ?lon|ars ?lon|
    inkomst\w*|indkomst\w*|inntekt\w*|palkka|tulot|wynagrodzeni\w*|dochod\w*|pensja|zarobki|mzda|
    prijem|fizetes|jovedelem|salariu|venit\w*|зарплата|доход\w*|заработн\w*|дохід|μισθος|εισοδημα|
    religi\w*|konfession|confession|wyznanie|вероисповедание|религия|politic\w*|party membership|
    partei|sexual( orientation)?|(trade |labou?r )union( member\w*)?|union member\w*|unioni[sz]ed|
    gewerkschaft\w*|syndicat|sindicato|sindacato|vakbond|convictions?|offen[cs]es?|vorstrafen|
    genetic\w*|genotype|mental( health)?|smok\w*|raucher|rauchen|fumeur|tabac|fumador|fumante|
    fumatore|roker|rokare|palacz|alcohol|alkohol|alcool|cause of death|todesursache|
    principal problem
"""
MEASURED = r"""
    prices?|costs?|amounts?|fares?|fees?|totals?|sums?|counts?|quantity|qty|volume|population|pop|
    (total )?charges|revenue|sales|turnover|profit|balance|betrag|summe|preis|kosten|menge|anzahl|
    umsatz|prix|cout|montant|quantite|precio|coste?|importe|cantidad|preco|custo|valor|quantidade|
    prezzo|costo|importo|quantita|prijs|bedrag|aantal|pris|belopp|antal|hinta|maara|cena|koszt|
    kwota|ilosc|liczba|castka|osszeg|pret|suma|fiyat|tutar|цена|стоимость|сумма|количество|weight|
    distance|length|width|depth|area|size|speed|duration|minutes|seconds|hours|days|mileage|km|
    temperature|pressure|concentration|level|score|points|calories|steps|\w+ (kg|g|mg|cm|mm|ml)|
    usd|eur|gbp|pct|percent|fnlwgt|weighting|psa|glucose|cholesterol|platelets?|wbc|rbc|hemoglobin|
    creatinine|capital (gain|loss)
"""
TIMED = (
    "years?|months?|weeks?|days?|quarters?|hours?|time|t|period|round|season|jahr|monat|woche|tag|"
    "annee|mois|semaine|jour|ano|mes|semana|dia|anno|mese|settimana|giorno|jaar|maand|dag|ar|"
    "manad|maned|rok|miesiac|tydzien|dzien|mesic|год|месяц|неделя|день|day of (year|month|week)"
)
ALONE_NAME = (
    "names?|nom|noms|nombre|nombres|nome|nomes|naam|namen|navn|namn|nimi|nev|nume|isim|isimler|"
    "adi|ime|ονομα|имя|name \\d|initials"
)
ALONE_NUMBER = (
    f"(?:{PERSON})s?|individual|uid|pid|sid|eid|guid|uuid|dni|nie|nif|rut|rfc|nir|taj|vin|avs|ahv|"
    "hetu|pnr|cnp|cpr|oib|egn"
)
ALONE_REACHED = "mail|mails|ip|login|cim|rue|gata|gade|handy"
ALONE_AGED = "alter|eta|ika|vek|kor|yas"
ALONE_SEX = "kon|koen|nem|neme"
ALONE_PLACE = (
    "cep|cap|psc|ort|kreis|stad|lan|by|obec|okres|kraj|oras|land|pays|pais|paese|maa|zeme|tara|lon"
)
ALONE_SECRET = "conditions|loon|schuld|loen|plat|maas|gelir|tani"
EAST_NAMES = r"姓名|氏名|名前|名字|お名前|フリガナ|이름|성명|성함"
EAST_NUMBERS = (
    "^(?:番号|编号|編號|번호|序号|序號|学号|工号|社員番号|일련번호|순번)$|"
    "身份证|身分證|证件号|病历号|患者番号|マイナンバー|電話|电话|手机|"
    "住所|地址|メール|邮箱|주민등록|전화|주소|이메일|학번"
)
EAST_KNOWN = (
    "出生|生年月日|年龄|年齢|年齡|性别|性別|생년월일|나이|성별|"
    "邮编|郵便番号|우편번호|职业|職業|직업|城市|地区|민족|民族|"
    "都道府県|市区町村|省份|지역|시도|시군구"
)
EAST_SECRET = r"诊断|診断|診斷|진단|疾病|病名|질병|收入|年収|給与|工资|소득|급여|宗教|종교"

CODES = r"""
    zip( ?code)?|post ?codes?|postal( ?code)?|plz|post ?leit ?zahl|code ?postal|codigo ?postal|cap|
    cep|psc|codice postale|postnummer|postnr|post nr|postinumero|kod ?pocztowy|iranyitoszam|irsz|
    cod ?postal|posta ?kodu|(почтовый )?индекс|sic|naics|nace|isic|isco|soc|fips|hs ?code|cpt|drg|
    loinc|snomed|icd\w*( \w+)*|atc|ags|insee|cbs ?code|area ?code|(\w+ )*concept id|\w*conceptid|
    ean( ?\d+)?|gtin|upc|isbn( ?1[03])?|issn|bar ?code|(\w+ )*version|release|build|firmware|
    industry|branche|(industry|branch|sector|occupation|profession|job|diagnos\w*|procedure|area|
    region|district|county|state|country|municipality|commune|commune insee|gemeinde|kreis|ward|
    department|dept|station|product|item|article|currency|status|reason|error|http|response|
    discharge|admission|specialty|species|vendor|store|shop|branch|cost ?cent\w+|school|language|
    nationality|ethnic\w*|race|sex|gender|religion|marital) ?(code|cd|kode|kod|codigo|codice|key|
    schlussel|kennziffer|klasse)
"""
PEOPLE = "names people"
ONE = "names one person or one record"
KNOWN = "is what others may know"
DISLIKED = "is what people would not like known"
MEASURE = "is measured or counted, so it is no identifier"
TIME = "counts time, so it is no identifier"


def _whole(names: str) -> str:
    """Names as `words_of` gives them, for the whole of a column's name."""
    return f"^(?:{'|'.join(map(words_of, names.split('|')))})$"


MEANINGS = (
    Meaning(Role.IDENTIFIER, PEOPLE, OF_PEOPLE, ALONE_NAME, of_people=True),
    Meaning(Role.IDENTIFIER, ONE, NUMBERS, ALONE_NUMBER),
    Meaning(Role.IDENTIFIER, ONE, REACHED, ALONE_REACHED),
    Meaning(Role.QUASI, KNOWN, BORN),
    Meaning(Role.SENSITIVE, DISLIKED, SECRET, ALONE_SECRET),
    Meaning(Role.QUASI, KNOWN, AGED, ALONE_AGED),
    Meaning(Role.QUASI, KNOWN, SEX, ALONE_SEX),
    Meaning(Role.QUASI, KNOWN, PLACE, ALONE_PLACE, of_places=True),
    Meaning(Role.QUASI, KNOWN, LIVES),
    Meaning(Role.PLAIN, TIME, alone=TIMED),
    Meaning(Role.PLAIN, MEASURE, MEASURED),
)
QUESTION = 8  # words of a name, beyond which it is a question
YOURS = compiled(
    r"\b(your|ihren?|ihrer|deine?r?|votre|vos|tu|su|seu|sua|suo|uw|je|din|ditt|twoj\w*|pan\w*|"
    r"enter|provide|type)( \w+)? $"
)
SEMITIC_NAMES = "שם|שם פרטי|שם משפחה|שם מלא|الاسم|اسم|اسم المريض|اللقب|اسم العائلة|نام|نام خانوادگی"
SEMITIC_NUMBERS = (
    "תעודת זהות|ת ז|מספר זהות|טלפון|נייד|כתובת|דואל|رقم الهوية|الرقم الوطني|رقم المريض|الهاتف|هاتف|"
    "جوال|العنوان|البريد|البريد الإلكتروني|کد ملی|شماره ملی|تلفن|موبایل|آدرس|نشانی|ایمیل"
)
SEMITIC_KNOWN = (
    "גיל|מין|תאריך לידה|עיר|יישוב|מיקוד|מקצוע|العمر|الجنس|تاريخ الميلاد|تاريخ الولادة|"
    "المدينة|الجنسية|المهنة|سن|جنسیت|جنس|تاریخ تولد|شهر|استان|شغل"
)
SEMITIC_SECRET = "אבחנה|שכר|משכורת|הכנסה|דת|التشخيص|الراتب|الدخل|الديانة|تشخیص|حقوق|درآمد|دین"
EAST = (
    Meaning(Role.IDENTIFIER, PEOPLE, _whole(SEMITIC_NAMES), of_people=True),
    Meaning(Role.IDENTIFIER, ONE, _whole(SEMITIC_NUMBERS)),
    Meaning(Role.QUASI, KNOWN, _whole(SEMITIC_KNOWN)),
    Meaning(Role.SENSITIVE, DISLIKED, _whole(SEMITIC_SECRET)),
    Meaning(Role.IDENTIFIER, PEOPLE, EAST_NAMES, of_people=True),
    Meaning(Role.IDENTIFIER, ONE, EAST_NUMBERS),
    Meaning(Role.QUASI, KNOWN, EAST_KNOWN),
    Meaning(Role.SENSITIVE, DISLIKED, EAST_SECRET),
)


@lru_cache(maxsize=128)
def _compiled(words: str) -> re.Pattern[str]:
    joined = re.sub(r"\n\s*", "", words)
    return re.compile(rf"\b(?:{joined})\b")


@lru_cache(maxsize=4096)
def meaning_of(words: str) -> Meaning | None:
    """What a column of this name is, by `words_of` its name; None where that tells nothing."""
    without = re.sub(rf"\b(?:{PERSON}|{SMALL})s?\b", " ", words)
    bare = " ".join(without.split()) or words
    for meaning in MEANINGS:
        if meaning.alone and re.fullmatch(meaning.alone, bare):
            return meaning
        found = _compiled(meaning.words).search(words) if meaning.words else None
        if found and (meaning.role is not Role.IDENTIFIER or _asked_for(found)):
            return meaning
    return next((m for m in EAST if re.search(m.words, words)), None)


def _asked_for(found: re.Match[str]) -> bool:
    """Whether a word is what a name speaks of: in a long question most words are not.

    A long one speaks of what it ends with, and of what it says is yours.
    """
    if len(found.string.split()) <= QUESTION or not found.string[found.end() :].strip():
        return True
    return YOURS.search(found.string[: found.start()]) is not None


@lru_cache(maxsize=4096)
def names_codes(words: str) -> bool:
    """Whether a column's name says that its numbers are names, of which no sum makes sense."""
    return _compiled(CODES).fullmatch(words) is not None
