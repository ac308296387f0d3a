/* The module: three types, and `bind`, which tells it the Python classes once. */
#include "lane.h"
#include <stddef.h>

struct names name;
struct known known;

#define AS_ENTRY(entry) {#entry, offsetof(struct known, entry)},
static const struct { const char *name; size_t offset; } entries[] = {KNOWN(AS_ENTRY)};

#define FORGET(word) forget_slots(name.word);
#define LEARN(word) if (learn_slot(name.word, type) < 0) return -1;
static int learn_slots(void)
{
    PyObject *with_slots[] = {
        known.MediaLink, known.Intake, known.Subject, known.Slot, known.AudioUplink, known.VideoUplink,
        known.Reception, known.StreamMap, known.AudioDownlink, known.VideoDownlink, known.History,
    };
    NAMES(FORGET)
    for (size_t i = 0; i < sizeof with_slots / sizeof *with_slots; i++) {
        if (!PyType_Check(with_slots[i])) {
            PyErr_SetString(PyExc_TypeError, "a class was expected");
            return -1;
        }
        PyTypeObject *type = (PyTypeObject *)with_slots[i];
        NAMES(LEARN)
    }
    return 0;
}

static PyObject *bind_things(PyObject *module, PyObject *args, PyObject *kwargs)
{
    (void)module;
    if (PyTuple_GET_SIZE(args) != 0 || kwargs == NULL ||
        PyDict_GET_SIZE(kwargs) != (Py_ssize_t)(sizeof entries / sizeof *entries)) {
        PyErr_SetString(PyExc_TypeError, "bind takes each thing once, by its name");
        return NULL;
    }
    for (size_t i = 0; i < sizeof entries / sizeof *entries; i++) {
        PyObject *thing = PyDict_GetItemString(kwargs, entries[i].name);
        if (thing == NULL)
            return PyErr_Format(PyExc_TypeError, "bind misses %s", entries[i].name);
        PyObject **at = (PyObject **)((char *)&known + entries[i].offset);
        Py_XSETREF(*at, Py_NewRef(thing));
    }
    for (size_t i = 0; i < 3; i++) {
        PyObject *number = (PyObject *[]){known.most_packets, known.most_octets, known.silence}[i];
        if (PyLong_AsLongLong(number) == -1 && PyErr_Occurred())
            return NULL;
    }
    if (learn_slots() < 0)
        return NULL;
    Py_RETURN_NONE;
}

static PyMethodDef functions[] = {
    {"bind", (PyCFunction)(void (*)(void))bind_things, METH_VARARGS | METH_KEYWORDS, "Tell the lane what steady packets meet."},
    {NULL, NULL, 0, NULL},
};

static struct PyModuleDef definition = {
    PyModuleDef_HEAD_INIT,
    .m_name = "media.plane.lane._lane",
    .m_doc = "The steady case of a packet's way.",
    .m_size = -1,
    .m_methods = functions,
};

#define INTERN(text) if ((name.text->word = PyUnicode_InternFromString(#text)) == NULL) return -1;
static int intern_names(void)
{
    NAMES(INTERN)
    return 0;
}

PyMODINIT_FUNC PyInit__lane(void);

PyMODINIT_FUNC PyInit__lane(void)
{
    if (intern_names() < 0)
        return NULL;
    PyObject *module = PyModule_Create(&definition);
    if (module == NULL || PyModule_AddType(module, &Srtp_Type) < 0 || PyModule_AddType(module, &Way_Type) < 0 ||
        PyModule_AddType(module, &Port_Type) < 0) {
        Py_XDECREF(module);
        return NULL;
    }
    return module;
}
