using DiffusionSharp.Cpu.Kernels;
using DiffusionSharp.Networks;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Cpu.Parameters;

/// <summary>Parameters of a program that predicts: each in memory of its own, a convolution's in the precision asked for.</summary>
/// <param name="weights">Asked once for each.</param>
/// <param name="precision">How a convolution's are stored.</param>
internal sealed class OwnParameters(Func<ParameterSpec, HostTensor> weights, WeightPrecision precision) : IParameterSource, IDisposable
{
    private readonly List<IDisposable> owned = [];

    public ParameterPlace Of(ParameterSpec spec, ParameterLayout layout) => Own(ParameterPlace.Alone(layout, Values(spec)));

    public PackedWeights Packed(ParameterSpec spec, PanelLayout layout) => Own(new PackedWeights(layout, Values(spec), precision));

    public void Dispose() => owned.ForEach(o => o.Dispose());

    private float[] Values(ParameterSpec spec) => spec.Accept(weights(spec)).Data;

    private TOwned Own<TOwned>(TOwned resource)
        where TOwned : IDisposable
    {
        owned.Add(resource);
        return resource;
    }
}
