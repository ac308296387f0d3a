/* Numbers in Python attributes, as C numbers and back. */
#include "lane.h"
#include <structmember.h>

/* Where this object keeps the attribute in a slot; NULL: nowhere, or the slot is empty. */
static PyObject **slot_of(PyObject *of, const Attribute *attribute)
{
    for (int i = 0; i < SLOTTED_TYPES; i++)
        if (attribute->slots[i].type == Py_TYPE(of)) {
            PyObject **slot = (PyObject **)((char *)of + attribute->slots[i].offset);
            return *slot != NULL ? slot : NULL;
        }
    return NULL;
}

PyObject *get(PyObject *of, const Attribute *attribute)
{
    PyObject **slot = slot_of(of, attribute);
    return slot != NULL ? Py_NewRef(*slot) : PyObject_GetAttr(of, attribute->word);
}

int set(PyObject *of, const Attribute *attribute, PyObject *value)
{
    PyObject **slot = slot_of(of, attribute);
    if (slot == NULL)
        return PyObject_SetAttr(of, attribute->word, value);
    PyObject *before = *slot;
    *slot = Py_NewRef(value);
    Py_DECREF(before); /* last: it may run any code */
    return 0;
}

void forget_slots(Attribute *attribute)
{
    memset(attribute->slots, 0, sizeof attribute->slots);
}

int learn_slot(Attribute *attribute, PyTypeObject *type)
{
    PyObject *found = PyObject_GetAttr((PyObject *)type, attribute->word);
    if (found == NULL) {
        if (!PyErr_ExceptionMatches(PyExc_AttributeError))
            return -1;
        PyErr_Clear();
        return 0;
    }
    if (Py_IS_TYPE(found, &PyMemberDescr_Type)) {
        PyMemberDescrObject *member = (PyMemberDescrObject *)found;
        bool plain = member->d_member->type == T_OBJECT_EX && member->d_member->flags == 0;
        for (int i = 0; plain && PyType_IsSubtype(type, PyDescr_TYPE(member)) && i < SLOTTED_TYPES; i++)
            if (attribute->slots[i].type == NULL) {
                attribute->slots[i].type = type; /* `known` keeps it alive */
                attribute->slots[i].offset = member->d_member->offset;
                break;
            }
    }
    Py_DECREF(found);
    return 0;
}

static int as_int(PyObject *object, int64_t *value)
{
    int overflow;
    if (!PyLong_Check(object)) {
        PyErr_SetString(PyExc_TypeError, "an int was expected");
        return -1;
    }
    *value = PyLong_AsLongLongAndOverflow(object, &overflow);
    if (overflow)
        PyErr_SetString(PyExc_OverflowError, "a smaller int was expected");
    return overflow || (*value == -1 && PyErr_Occurred()) ? -1 : 0;
}

int read_int(PyObject *of, const Attribute *attribute, int64_t *value)
{
    PyObject *object = get(of, attribute);
    if (object == NULL)
        return -1;
    int result = as_int(object, value);
    Py_DECREF(object);
    return result;
}

int read_optional_int(PyObject *of, const Attribute *attribute, int64_t *value)
{
    PyObject *object = get(of, attribute);
    if (object == NULL)
        return -1;
    int result = object == Py_None ? 0 : as_int(object, value) < 0 ? -1 : 1;
    Py_DECREF(object);
    return result;
}

int write_int(PyObject *of, const Attribute *attribute, int64_t value)
{
    PyObject *object = PyLong_FromLongLong(value);
    if (object == NULL)
        return -1;
    int result = set(of, attribute, object);
    Py_DECREF(object);
    return result;
}

int add_to(PyObject *of, const Attribute *attribute, int64_t more)
{
    int64_t value;
    if (read_int(of, attribute, &value) < 0)
        return -1;
    if (value > INT64_MAX - more) {
        PyErr_SetString(PyExc_OverflowError, "a counter is full");
        return -1;
    }
    return write_int(of, attribute, value + more);
}

int read_real(PyObject *of, const Attribute *attribute, double *value)
{
    PyObject *object = get(of, attribute);
    if (object == NULL)
        return -1;
    *value = PyFloat_AsDouble(object);
    Py_DECREF(object);
    return *value == -1.0 && PyErr_Occurred() ? -1 : 0;
}

int write_real(PyObject *of, const Attribute *attribute, double value)
{
    PyObject *object = PyFloat_FromDouble(value);
    if (object == NULL)
        return -1;
    int result = set(of, attribute, object);
    Py_DECREF(object);
    return result;
}

int is_object(PyObject *of, const Attribute *attribute, PyObject *object)
{
    PyObject *found = get(of, attribute);
    if (found == NULL)
        return -1;
    Py_DECREF(found);
    return found == object;
}
