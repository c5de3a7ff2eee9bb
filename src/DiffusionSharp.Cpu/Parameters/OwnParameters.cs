using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Parameters;

/// <summary>
/// Parameters at fixed values: each in memory of its own, a convolution's in the precision asked for. A second program of the same nodes reads
/// the same memory.
/// </summary>
/// <param name="weights">Asked once for each.</param>
/// <param name="precision">How a convolution's are stored.</param>
internal sealed class OwnParameters(Func<ParameterSpec, HostTensor> weights, WeightPrecision precision) : IParameterSource, IDisposable
{
    private readonly Dictionary<string, (ParameterLayout Layout, ParameterPlace Place)> places = new(StringComparer.Ordinal);
    private readonly Dictionary<string, PackedWeights> packed = new(StringComparer.Ordinal);
    private readonly List<IDisposable> others = [];

    public ParameterPlace Place(ParameterSpec spec, ParameterLayout layout)
    {
        if (!places.TryGetValue(spec.Name, out var known))
        {
            places.Add(spec.Name, known = (layout, ParameterPlace.Alone(layout, Values(spec))));
        }

        return known.Layout == layout ? known.Place : Other(ParameterPlace.Alone(layout, Values(spec)));
    }

    public PackedWeights Packed(ParameterSpec spec, PanelLayout layout)
    {
        if (!packed.TryGetValue(spec.Name, out var known))
        {
            packed.Add(spec.Name, known = new PackedWeights(layout, Values(spec), precision));
        }

        return known.Layout == layout ? known : Other(new PackedWeights(layout, Values(spec), precision));
    }

    public ParameterLayout LayoutOf(ParameterSpec spec) => places[spec.Name].Layout;

    public ParameterPlace Again(ParameterSpec spec) => places[spec.Name].Place;

    public PackedWeights PackedAgain(ParameterSpec spec) => packed[spec.Name];

    public void Dispose()
    {
        foreach (var (_, place) in places.Values)
        {
            place.Dispose();
        }

        foreach (var resource in packed.Values.Concat(others))
        {
            resource.Dispose();
        }
    }

    private float[] Values(ParameterSpec spec) => spec.Accept(weights(spec)).Data;

    // Read in two places that want it otherwise.
    private TOwned Other<TOwned>(TOwned resource)
        where TOwned : IDisposable
    {
        others.Add(resource);
        return resource;
    }
}
