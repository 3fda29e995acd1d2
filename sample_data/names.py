"""The vocabulary of the sample: every place, hospital and postcode area in it is invented."""

from typing import NamedTuple


class Treatment(NamedTuple):
    """One treatment: its relative frequency at age 41, and how the log of that frequency
    changes for every 20 years of age (negative: mostly the young)."""

    name: str
    weight: float
    age_slope: float


HOSPITALS = (
    "Aldermoor General Hospital",
    "Ashgrove Hospital",
    "Barrowmere Hospital",
    "Brackenhill Infirmary",
    "Calloway Royal Hospital",
    "Coldspring Hospital",
    "Dunmarsh District Hospital",
    "Eastwick Bridge Hospital",
    "Fallowfield Cross Hospital",
    "Greywater Hospital",
    "Harrowden Park Hospital",
    "Inglemoor Hospital",
    "Kestrel Bay Hospital",
    "Larkmead University Hospital",
    "Millbeck Hospital",
    "Northmarsh General Hospital",
    "Oakhaven Hospital",
    "Penwillow Hospital",
    "Quarry Lane Hospital",
    "Ravensmoor Infirmary",
    "St Aldwyn & St Bride Hospital",
    "St Corentin's Hospital",
    "Thornwater Hospital",
    "Upper Selby Vale Hospital",
    "Westerleigh Downs Hospital",
    "Yarrowby Royal Infirmary",
)

TREATMENTS = (
    Treatment("Active rewarming of the hypothermic patient", 6, 0.5),
    Treatment("Anaesthesia", 12, 0.0),
    Treatment("Arterial line", 7, 0.5),
    Treatment("Bandage or support", 60, -0.3),
    Treatment("Blood product transfusion", 10, 0.6),
    Treatment("Burns review", 14, -0.6),
    Treatment("Central line", 6, 0.5),
    Treatment("Chest drain", 5, 0.3),
    Treatment("Continuous positive airway pressure", 9, 0.7),
    Treatment("Cooling", 8, -0.2),
    Treatment("Defibrillation or pacing", 5, 0.8),
    Treatment("Dental treatment", 11, -0.3),
    Treatment("Dressing", 75, -0.1),
    Treatment("Epistaxis control", 13, 0.3),
    Treatment("Eye irrigation", 22, -0.3),
    Treatment("Fracture review", 35, -0.2),
    Treatment("Guidance or advice only", 99, -0.2),
    Treatment("Incision and drainage", 16, -0.2),
    Treatment("Infusion fluids", 48, 0.4),
    Treatment("Intravenous cannula", 80, 0.3),
    Treatment("Intubation", 6, 0.4),
    Treatment("Joint aspiration", 9, 0.3),
    Treatment("Loan of walking aid", 28, 0.6),
    Treatment("Lumbar puncture", 5, -0.4),
    Treatment("Manipulation", 18, -0.1),
    Treatment("Medication administered", 95, 0.1),
    Treatment("Minor surgery", 20, -0.1),
    Treatment("Nebuliser or spacer", 32, -0.7),
    Treatment("Observation and electrocardiogram", 90, 0.5),
    Treatment("Plaster of Paris", 40, -0.5),
    Treatment("Prescription", 85, 0.0),
    Treatment("Removal of foreign body", 24, -0.8),
    Treatment("Resuscitation", 7, 0.7),
    Treatment("Sling or collar cuff", 38, -0.4),
    Treatment("Supplemental oxygen", 30, 0.7),
    Treatment("Sutures", 45, -0.3),
    Treatment("Tetanus", 26, -0.2),
    Treatment("Urinary catheter", 21, 0.9),
    Treatment("Wound closure with glue or strips", 50, -0.6),
)

# Two letters that no postal area of the United Kingdom begins with, and a place for each.
POSTCODE_AREAS = {
    "AV": "Avonmere",
    "EK": "Eskdown",
    "HK": "Harkmoor",
    "KB": "Kilburgh",
    "NB": "Netherbourne",
    "OB": "Overbrook",
}

WARDS = (
    "Acute medical unit",
    "Cardiology",
    "Elderly care",
    "General surgery",
    "Respiratory",
    "Short stay",
)


class Diagnosis(NamedTuple):
    """One ICD-10 code, its text, its relative frequency at age 50 and the change of the log of
    that frequency for every 20 years of age."""

    code: str
    text: str
    weight: float
    age_slope: float


DIAGNOSES = (
    Diagnosis("A41.9", "Sepsis, unspecified organism", 25, 0.5),
    Diagnosis("E11.9", "Type 2 diabetes mellitus without complications", 55, 0.6),
    Diagnosis("I10", "Essential (primary) hypertension", 90, 0.8),
    Diagnosis("I21.9", "Acute myocardial infarction, unspecified", 20, 0.9),
    Diagnosis("I48.9", "Atrial fibrillation, unspecified", 35, 1.0),
    Diagnosis("I50.9", "Heart failure, unspecified", 28, 1.1),
    Diagnosis("J18.9", "Pneumonia, unspecified organism", 40, 0.5),
    Diagnosis("J44.1", "Chronic obstructive pulmonary disease with exacerbation", 30, 0.8),
    Diagnosis("J45.9", "Asthma, unspecified", 35, -0.7),
    Diagnosis("K35.8", "Acute appendicitis, other and unspecified", 18, -0.9),
    Diagnosis("K80.2", "Calculus of gallbladder without cholecystitis", 15, 0.2),
    Diagnosis("N17.9", "Acute kidney failure, unspecified", 22, 0.8),
    Diagnosis("N18.3", "Chronic kidney disease, stage 3", 26, 1.0),
    Diagnosis("N39.0", "Urinary tract infection, site not specified", 38, 0.5),
    Diagnosis("O80", "Single spontaneous delivery", 20, -1.0),
    Diagnosis("R07.4", "Chest pain, unspecified", 45, 0.3),
    Diagnosis("R55", "Syncope and collapse", 24, 0.5),
    Diagnosis("S52.5", "Fracture of lower end of radius", 22, 0.1),
    Diagnosis("S72.0", "Fracture of neck of femur", 14, 1.3),
    Diagnosis("T39.1", "Poisoning by 4-aminophenol derivatives", 12, -0.9),
)


class LaboratoryTest(NamedTuple):
    """One laboratory test: the usual value and spread (in `unit`), its reference range, and the
    codes of the diagnoses that multiply the value by `factor`."""

    name: str
    unit: str
    mean: float
    spread: float
    low: float
    high: float
    raised_by: tuple[str, ...]
    factor: float


LABORATORY_TESTS = (
    LaboratoryTest("C-reactive protein", "mg/L", 6, 4, 0, 10, ("A41.9", "J18.9", "K35.8"), 15.0),
    LaboratoryTest("Creatinine", "umol/L", 80, 16, 45, 110, ("N17.9", "N18.3"), 2.4),
    LaboratoryTest("Glucose", "mmol/L", 5.4, 0.9, 3.9, 7.8, ("E11.9",), 1.9),
    LaboratoryTest("Haemoglobin", "g/L", 138, 14, 115, 170, ("N18.3",), 0.8),
    LaboratoryTest("Potassium", "mmol/L", 4.2, 0.4, 3.5, 5.3, ("N17.9",), 1.25),
    LaboratoryTest("Troponin T", "ng/L", 7, 3, 0, 14, ("I21.9",), 40.0),
    LaboratoryTest("White cell count", "10^9/L", 7.2, 1.8, 4, 11, ("A41.9", "J18.9"), 2.1),
)
