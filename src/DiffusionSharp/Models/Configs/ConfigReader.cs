using System.Text.Json;
using DiffusionSharp.Files.Storage;

namespace DiffusionSharp.Models.Configs;

/// <summary>
/// Reads a flat JSON configuration option by option. Problems are collected, each with the option, the value found and what
/// is supported, and thrown together by <see cref="Done()"/>; so are options nobody asked for. Keys that begin with '_' are notes.
/// </summary>
internal sealed class ConfigReader
{
    private const int MaxBytes = 8 << 20;
    private readonly string path;
    private readonly Dictionary<string, JsonElement> options;
    private readonly HashSet<string> known = new(StringComparer.Ordinal);
    private readonly List<string> problems = [];

    private ConfigReader(string path, JsonElement root)
    {
        this.path = path;
        options = root.EnumerateObject().ToDictionary(p => p.Name, p => p.Value, StringComparer.Ordinal);
    }

    public static string ReadText(string path)
    {
        try
        {
            var length = RegularFile.Length(path);
            return length <= MaxBytes ? RegularFile.ReadAllText(path) : throw Bad(path, $"it has {length} bytes, at most {MaxBytes} are accepted");
        }
        catch (Exception e) when (e is IOException or UnauthorizedAccessException)
        {
            throw StorageErrors.Failed("read model file", path, e, ErrorKind.ModelFile);
        }
    }

    public static ConfigReader Parse(string path, string json)
    {
        try
        {
            using var document = JsonDocument.Parse(StrictJson.Checked(PythonJson.Quoted(json)), new JsonDocumentOptions { MaxDepth = 8 });
            return document.RootElement.ValueKind == JsonValueKind.Object
                ? new ConfigReader(path, document.RootElement.Clone())
                : throw Bad(path, $"it holds {document.RootElement.ValueKind}, an object was expected");
        }
        catch (JsonException e)
        {
            throw Bad(path, $"it is not valid JSON ({e.Message})", e);
        }
        catch (Exception e) when (e is InvalidOperationException or ArgumentException)
        {
            throw Bad(path, "a string in it is not valid text", e);
        }
    }

    public static DiffusionException Bad(string path, string reason, Exception? inner = null) =>
        new(ErrorKind.ModelFile, $"model file '{path}': {reason}", inner);

    public bool Bool(string name, bool absent) => Get(name, absent, "true or false", AsBool);

    public int Int(string name, int absent) => Get(name, absent, "an integer", AsInt);

    public int? OptionalInt(string name, int? absent) => GetOptional(name, absent, "an integer or null", AsInt);

    public double Double(string name, double absent) => Get(name, absent, "a finite number", AsDouble);

    public string Text(string name, string absent, params ReadOnlySpan<string> allowed)
    {
        var text = OptionalText(name, absent, allowed);
        if (text is null)
        {
            problems.Add($"{name} is null (supported: {string.Join(", ", allowed.ToArray())})");
        }

        return text ?? absent;
    }

    /// <summary>As <see cref="Text"/>, for a key that must be there.</summary>
    public string Required(string name, params ReadOnlySpan<string> allowed)
    {
        if (!options.ContainsKey(name))
        {
            problems.Add($"{name} is absent (supported: {string.Join(", ", allowed.ToArray())})");
        }

        return Text(name, allowed[0], allowed);
    }

    public string? OptionalText(string name, string? absent, params ReadOnlySpan<string> allowed)
    {
        if (!Take(name, out var e))
        {
            return absent;
        }

        var value = AsText(e);
        if (e.ValueKind != JsonValueKind.Null && (value is null || !allowed.Contains(value)))
        {
            Problem(name, e, string.Join(", ", allowed.ToArray()));
            return absent;
        }

        return value;
    }

    /// <summary>Text of any kind, for what only a note depends on; null for other values.</summary>
    public string? Word(string name) => Take(name, out var e) ? AsText(e) : null;

    /// <summary>Whether a key is there.</summary>
    public bool Has(string name) => options.ContainsKey(name);

    public string[] Texts(string name, string[] absent) => GetList(name, absent, "a list of strings", AsText);

    public int[] Ints(string name, int[] absent) => [.. GetList(name, [.. absent.Select(i => (int?)i)], "a list of integers", AsInt).Select(i => i!.Value)];

    public bool[] Bools(string name, bool[] absent) => [.. GetList(name, [.. absent.Select(b => (bool?)b)], "a list of true and false", AsBool).Select(b => b!.Value)];

    public int[][] IntLists(string name) => GetList(name, [], "a list of lists of integers", AsInts);

    public double[]? OptionalDoubles(string name) => Take(name, out var e) && e.ValueKind != JsonValueKind.Null
        ? [.. GetList(name, [], "a list of finite numbers or null", AsDouble).Select(d => d!.Value)]
        : null;

    /// <summary>An int, or a list of two (rows, columns); where it is null or absent, what was told.</summary>
    public (int Rows, int Columns) Size(string name, (int Rows, int Columns)? told)
    {
        if (!Take(name, out var e) || e.ValueKind == JsonValueKind.Null)
        {
            if (told is null)
            {
                problems.Add($"{name} is {Show(e)}: it does not say the size of its images: tell it (size 64, or image_size=64 among the facts about it)");
            }

            return told ?? default;
        }

        var size = AsInt(e) is int side ? (side, side)
            : e.ValueKind == JsonValueKind.Array && e.GetArrayLength() == 2 && AsInt(e[0]) is int rows && AsInt(e[1]) is int columns ? (rows, columns)
            : ((int Rows, int Columns)?)null;
        if (size is null)
        {
            problems.Add($"{name} is {Show(e)} (supported: an integer or [rows, columns])");
        }

        return size ?? default;
    }

    /// <summary>Accepts an option only when it has no effect.</summary>
    public void Ignore(string name, Func<JsonElement, bool> harmless, string supported)
    {
        if (Take(name, out var e) && !harmless(e))
        {
            Problem(name, e, supported);
        }
    }

    public void Add(string problem) => problems.Add(problem);

    public void Done()
    {
        var unknown = options.Keys.Where(k => !k.StartsWith('_') && !known.Contains(k));
        problems.AddRange(unknown.Select(k => $"{Printable.Sanitize(k)} is {Show(options[k])}, an option that is not known here (it might change the result, so it is not ignored)"));
        if (problems.Count > 0)
        {
            throw Bad(path, string.Join("; ", problems.Take(10)) + (problems.Count > 10 ? $"; and {problems.Count - 10} more" : ""));
        }
    }

    /// <summary>As <see cref="Done()"/>, then checks what the options make together: its error becomes one of the file.</summary>
    public void Done(Action check)
    {
        Done();
        Check(path, check);
    }

    /// <summary>The error of a check as one of the file.</summary>
    public static void Check(string path, Action check)
    {
        try
        {
            check();
        }
        catch (DiffusionException e)
        {
            throw Bad(path, e.Message, e);
        }
    }

    private static bool? AsBool(JsonElement e) => e.ValueKind is JsonValueKind.True or JsonValueKind.False ? e.GetBoolean() : null;

    private static int? AsInt(JsonElement e) => e.ValueKind == JsonValueKind.Number && e.TryGetInt32(out var i) ? i : null;

    private static int[]? AsInts(JsonElement e) =>
        e.ValueKind == JsonValueKind.Array && e.EnumerateArray().Select(AsInt).ToArray() is var list && list.All(i => i is not null) ? [.. list.Select(i => i!.Value)] : null;

    private static double? AsDouble(JsonElement e) => e.ValueKind == JsonValueKind.Number && e.TryGetDouble(out var d) && double.IsFinite(d) ? d : null;

    private static string? AsText(JsonElement e)
    {
        try
        {
            return e.ValueKind == JsonValueKind.String ? e.GetString() : null;
        }
        catch (InvalidOperationException)
        {
            // A lone surrogate: no text.
            return null;
        }
    }

    private static string Show(JsonElement e) => e.ValueKind == JsonValueKind.Undefined ? "absent" : Printable.Sanitize(e.GetRawText(), 60);

    private T Get<T>(string name, T absent, string supported, Func<JsonElement, T?> read)
        where T : struct
    {
        if (!Take(name, out var e))
        {
            return absent;
        }

        if (read(e) is T value)
        {
            return value;
        }

        Problem(name, e, supported);
        return absent;
    }

    private T? GetOptional<T>(string name, T? absent, string supported, Func<JsonElement, T?> read)
        where T : struct => !Take(name, out var e) ? absent : e.ValueKind == JsonValueKind.Null ? null : Get(name, absent.GetValueOrDefault(), supported, read);

    private T[] GetList<T>(string name, T[] absent, string supported, Func<JsonElement, T?> read)
    {
        if (!Take(name, out var e))
        {
            return absent;
        }

        if (e.ValueKind == JsonValueKind.Array)
        {
            var values = e.EnumerateArray().Select(read).ToArray();
            if (values.All(v => v is not null))
            {
                return values!;
            }
        }

        Problem(name, e, supported);
        return absent;
    }

    private bool Take(string name, out JsonElement element)
    {
        known.Add(name);
        return options.TryGetValue(name, out element);
    }

    private void Problem(string name, JsonElement e, string supported) => problems.Add($"{name} is {Show(e)} (supported: {supported})");
}
