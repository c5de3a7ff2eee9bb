using DiffusionSharp.Networks;

namespace DiffusionSharp.Weights;

/// <summary>Compares the tensors a file has with those a network needs, before any is loaded.</summary>
public static class WeightsCheck
{
    private const int Shown = 10;

    /// <summary>Throws unless the names are the same and every shape is.</summary>
    /// <param name="source">Names the file in the message.</param>
    /// <param name="found">Names and shapes of the file.</param>
    /// <param name="expected">Names and shapes of the network.</param>
    /// <exception cref="DiffusionException">
    /// <see cref="ErrorKind.ModelFile"/>; lists up to ten missing, unexpected and wrongly shaped tensors each.
    /// </exception>
    public static void Against(
        string source, IEnumerable<KeyValuePair<string, IReadOnlyList<int>>> found, IEnumerable<KeyValuePair<string, IReadOnlyList<int>>> expected)
    {
        ArgumentNullException.ThrowIfNull(found);
        ArgumentNullException.ThrowIfNull(expected);
        var present = found.ToDictionary(StringComparer.Ordinal);
        var missing = new List<string>();
        var mismatched = new List<string>();
        foreach (var (name, shape) in expected)
        {
            if (!present.Remove(name, out var other))
            {
                missing.Add(name);
            }
            else if (!shape.SequenceEqual(other))
            {
                mismatched.Add($"{name} [{string.Join(", ", other)}] instead of [{string.Join(", ", shape)}]");
            }
        }

        string[] parts = [.. List("missing", missing), .. List("unexpected", [.. present.Keys]), .. List("of the wrong shape", mismatched)];
        if (parts.Length > 0)
        {
            throw new DiffusionException(
                ErrorKind.ModelFile, $"the weights in '{source}' do not fit the network of its config.json: {string.Join("; ", parts)}; both must come from the same model");
        }
    }

    /// <summary>Throws unless the names and shapes are those of a network's parameters.</summary>
    /// <param name="source">Names the file in the message.</param>
    /// <param name="found">Names and shapes of the file.</param>
    /// <param name="network">The network.</param>
    /// <exception cref="DiffusionException">As above.</exception>
    public static void Against(string source, IEnumerable<KeyValuePair<string, IReadOnlyList<int>>> found, NetworkGraph network)
    {
        ArgumentNullException.ThrowIfNull(network);
        Against(source, found, network.Parameters.Select(p => KeyValuePair.Create(p.Name, (IReadOnlyList<int>)p.Shape)));
    }

    private static IEnumerable<string> List(string what, List<string> names)
    {
        if (names.Count > 0)
        {
            yield return $"{names.Count} {what}: {string.Join(", ", names.Take(Shown).Select(n => Printable.Of(n)))}{(names.Count > Shown ? ", …" : "")}";
        }
    }
}
