using System.Globalization;

namespace DiffusionSharp.Weights;

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

    private readonly List<string> keys = [];
    private readonly OrderedDictionary<string, TensorInfo> tensors = new(StringComparer.Ordinal);
    private readonly Dictionary<string, string> values = new(StringComparer.Ordinal);
    private int visits;

    public static (OrderedDictionary<string, TensorInfo> Tensors, Dictionary<string, string> Values) Of(PickleContext context, PickleValue root)
    {
        var names = new PickleNames(context);
        names.Visit(root);
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
                    Visit(Key(map[i].Key), map[i].Value);
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
                Add(shell.Built ?? throw context.Bad("a NumPy array in its pickle has no state"));
                break;
            default:
                Add(value);
                break;
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
            throw context.Bad($"it has two tensors with the name '{Printable.Of(name)}'");
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
        if (!values.TryAdd(name, Printable.Of(text, MaxText)))
        {
            throw context.Bad($"it has two values with the name '{Printable.Of(name)}'");
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

    private string Key(PickleValue key)
    {
        context.Budget.Charge(32);
        return key.AsLine() ?? throw context.Bad($"a dict in it has {key.Kind} as a key (text and numbers are accepted)");
    }
}
