using System.Globalization;
using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;

namespace DiffusionSharp.Files.Pickle;

/// <summary>
/// Gives every tensor in a tree of dictionaries and lists the path to it as its name, and collects what else is one line of text. Values
/// that are shared are met once for each path; a tree that contains itself, or shares so often that it would never end, is refused.
/// </summary>
internal sealed class PickleNames(PickleContext context)
{
    private const int MaxDepth = 64;
    private const int MaxVisits = 1_000_000;
    private const int MaxValues = 4096;
    private const int MaxText = 1000;

    private readonly PickleSearch search = new(context.Budget);
    private readonly List<string> keys = [];
    private readonly OrderedDictionary<string, TensorInfo> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private int visits;

    public static (OrderedDictionary<string, TensorInfo> Tensors, Dictionary<string, string> Values) Collect(PickleContext context, PickleValue root)
    {
        var names = new PickleNames(context);
        if (root is PickleValue.ArrayType { Refusal: { } refusal })
        {
            throw ModelFileError.Refused(context.Path, refusal);
        }

        names.Visit(root is PickleOpaque opaque ? throw context.Refused(opaque) : root);
        return (names.tensors, names.values);
    }

    private void Visit(PickleValue value)
    {
        if (++visits > MaxVisits || keys.Count > MaxDepth)
        {
            throw context.Bad(keys.Count > MaxDepth
                ? $"what it holds is nested deeper than {MaxDepth} levels, or contains itself"
                : $"what it holds has more than {MaxVisits} parts, or shares them so often that they seem to be more");
        }

        switch (value)
        {
            case PickleValue.Map map:
                for (var i = 0; i < map.Count; i++)
                {
                    Visit(map[i].Key, map[i].Value);
                }

                break;
            case PickleValue.Sequence list:
                for (var i = 0; i < list.Count; i++)
                {
                    Visit(i.ToString(CultureInfo.InvariantCulture), list[i]);
                }

                break;
            case PickleValue.Tensor tensor:
                Add(tensor);
                break;
            case PickleValue.ArrayShell shell:
                Visit(shell.Built ?? throw context.Bad("a NumPy array in its pickle has no state"));
                break;
            case PickleOpaque opaque:
                Add(search.HoldsTensor(opaque) ? throw context.Refused(opaque) : value);
                break;
            default:
                Add(value);
                break;
        }
    }

    private void Visit(PickleValue key, PickleValue value)
    {
        context.Budget.Charge(32);
        var name = key is PickleOpaque opaque ? opaque.IsName ? opaque.FullName : null : key.AsLine();
        if (name is not null)
        {
            Visit(name, value);
        }
        else if (search.HoldsTensor(key) || search.HoldsTensor(value))
        {
            throw context.Bad($"a dict with tensors in it has {key.Kind} as a key (text and numbers are accepted)");
        }
    }

    private void Visit(string key, PickleValue value)
    {
        keys.Add(key);
        Visit(value);
        keys.RemoveAt(keys.Count - 1);
    }

    private void Add(PickleValue.Tensor tensor)
    {
        var name = Path("tensor");
        context.Budget.Charge(192);
        if (!tensors.TryAdd(name, tensor.ToInfo(name)))
        {
            throw context.Bad($"it has two tensors with the name '{Printable.Sanitize(name)}'");
        }
    }

    private void Add(PickleValue value)
    {
        if (values.Count == MaxValues || value.AsLine() is not { } text)
        {
            return;
        }

        var name = Path("value");
        context.Budget.Charge(192 + (4L * Math.Min(text.Length, MaxText)));
        if (!values.TryAdd(name, Printable.Sanitize(text, MaxText)))
        {
            throw context.Bad($"it has two values with the name '{Printable.Sanitize(name)}'");
        }
    }

    private string Path(string root)
    {
        var length = keys.Count;
        foreach (var key in keys)
        {
            length += key.Length;
        }

        if (length > MaxText)
        {
            throw context.Bad($"it has a name of {length} characters (at most {MaxText} are accepted)");
        }

        context.Budget.ChargeText(length);
        return keys.Count == 0 ? root : string.Join('.', keys);
    }
}
