using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Models.Layouts;

/// <summary>Finds every parameter of a network among the tensors of a state dict, by the names of one layout.</summary>
internal static class WeightsMap
{
    private const int Shown = 10;

    /// <summary>The views that hold the parameters.</summary>
    /// <param name="source">Names the file in messages.</param>
    /// <param name="tensors">The state dict.</param>
    /// <param name="graph">The network.</param>
    /// <param name="names">Where the layout keeps a parameter.</param>
    /// <returns>A view for each parameter, with the parameter's elements in its order (its shape may have dimensions split).</returns>
    /// <exception cref="DiffusionException">
    /// <see cref="ErrorKind.ModelFile"/>: tensors are missing, left over or of another shape; up to ten of each are listed.
    /// </exception>
    public static Dictionary<string, TensorInfo> Find(
        string source, IReadOnlyDictionary<string, TensorInfo> tensors, NetworkGraph graph, Func<string, SourceName> names)
    {
        var views = new Dictionary<string, TensorInfo>(StringComparer.Ordinal);
        var unused = new HashSet<string>(tensors.Keys, StringComparer.Ordinal);
        var missing = new List<string>();
        var mismatched = new List<string>();
        foreach (var parameter in graph.Parameters)
        {
            var name = names(parameter.Name);
            unused.Remove(name.Name);
            if (!tensors.TryGetValue(name.Name, out var tensor))
            {
                missing.Add(name.Name);
            }
            else if (View(tensor, name, parameter) is { } view)
            {
                views.Add(parameter.Name, view);
            }
            else
            {
                mismatched.Add($"{name.Name} [{string.Join(", ", tensor.Shape)}] instead of [{string.Join(", ", Expected(parameter, name))}]");
            }
        }

        // Of a run: outside training it multiplies labels that are 0.
        unused.Remove(UNet.AugmentationWeight);
        string[] parts = [.. List("missing", [.. missing.Distinct()]), .. List("unexpected", [.. unused]), .. List("of the wrong shape", [.. mismatched.Distinct()])];
        return parts.Length == 0 ? views : throw new DiffusionException(
            ErrorKind.ModelFile, $"the weights in '{source}' do not fit the network of its configuration: {string.Join("; ", parts)}; both must come from the same model");
    }

    private static TensorInfo? View(TensorInfo tensor, SourceName name, ParameterSpec parameter)
    {
        var expected = Expected(parameter, name);
        var fits = name.OtherShape ? tensor.Elements == parameter.Elements : WithoutOnes(tensor.Shape).SequenceEqual(WithoutOnes(expected));

        // Parts are rows, which are counted by the first dimension.
        if (!fits || (name.Parts > 1 && tensor.Shape[0] != expected[0]))
        {
            return null;
        }

        return name.Parts == 1 ? tensor
            : tensor.Split(0, name.Groups, name.Parts, tensor.Shape[0] / name.Groups / name.Parts).Narrow(1, name.Part, 1);
    }

    private static int[] Expected(ParameterSpec parameter, SourceName name) => [parameter.Shape[0] * name.Parts, .. parameter.Shape.Skip(1)];

    // A 1×1 convolution of some code bases is a linear layer here; some norms' vectors are images of one pixel.
    private static IEnumerable<int> WithoutOnes(IEnumerable<int> shape) => shape.Where(d => d != 1);

    private static IEnumerable<string> List(string what, List<string> names)
    {
        if (names.Count > 0)
        {
            yield return $"{names.Count} {what}: {string.Join(", ", names.Take(Shown).Select(n => Printable.Sanitize(n)))}{(names.Count > Shown ? ", …" : "")}";
        }
    }
}
