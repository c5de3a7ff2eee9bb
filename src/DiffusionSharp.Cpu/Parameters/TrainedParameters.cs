using DiffusionSharp.Cpu.Execution;
using DiffusionSharp.Cpu.Kernels.Matrix;
using DiffusionSharp.Cpu.Layout;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cpu.Parameters;

/// <summary>
/// All parameters of a network side by side in one memory, as its kernels read them. Gradients, moments and averages are memories of the
/// same arrangement.
/// </summary>
internal sealed unsafe class TrainedParameters : IParameterSource
{
    private readonly OrderedDictionary<string, (ParameterSpec Spec, ParameterLayout Layout, long Offset)> entries = [];

    /// <summary>The weights' memory.</summary>
    public ParameterSet Weights { get; } = new();

    /// <summary>The gradients' memory.</summary>
    public ParameterSet Gradients { get; } = new();

    /// <summary>Room of all.</summary>
    public long Floats { get; private set; }

    public ParameterPlace Place(ParameterSpec spec, ParameterLayout layout)
    {
        if (!entries.TryAdd(spec.Name, (spec, layout, Floats)))
        {
            throw new NotSupportedException($"{spec.Name} is read in two places, which the managed engine does not train");
        }

        Floats += layout.Floats;
        return ParameterPlace.In(Weights, entries[spec.Name].Offset);
    }

    public PackedWeights Packed(ParameterSpec spec, PanelLayout layout) => new(layout, Place(spec, layout));

    public ParameterPlace Again(ParameterSpec spec) => ParameterPlace.In(Weights, entries[spec.Name].Offset);

    public PackedWeights PackedAgain(ParameterSpec spec) => new((PanelLayout)LayoutOf(spec), Again(spec));

    /// <summary>Where a parameter's gradient goes.</summary>
    public ParameterPlace GradientOf(ParameterSpec spec) => ParameterPlace.In(Gradients, entries[spec.Name].Offset);

    public ParameterLayout LayoutOf(ParameterSpec spec) => entries[spec.Name].Layout;

    /// <summary>The same arrangement in other memory.</summary>
    public IParameterSource In(ParameterSet set) => new Other(this, set);

    /// <summary>Memory of this arrangement, of zeros.</summary>
    public AlignedMemory Allocate()
    {
        // A matrix tile may read two vectors past the last value.
        const int Overread = 32;
        var memory = new AlignedMemory(sizeof(float) * (Floats + Overread));
        System.Runtime.InteropServices.NativeMemory.Clear(memory.Floats, (nuint)(sizeof(float) * (Floats + Overread)));
        return memory;
    }

    /// <summary>Lays values out, after all have been looked at.</summary>
    /// <param name="memory">Memory of this arrangement.</param>
    /// <param name="values">Asked once for each parameter.</param>
    public void Write(AlignedMemory memory, Func<ParameterSpec, HostTensor> values)
    {
        foreach (var (spec, layout, offset) in entries.Values)
        {
            layout.Write(spec.Accept(values(spec)).Data, memory.Floats + offset);
        }
    }

    /// <summary>Reads values back, by name.</summary>
    /// <param name="memory">Memory of this arrangement.</param>
    /// <param name="prefix">Before each name.</param>
    public Dictionary<string, HostTensor> Read(AlignedMemory memory, string prefix = "")
    {
        var result = new Dictionary<string, HostTensor>(entries.Count, StringComparer.Ordinal);
        foreach (var (spec, layout, offset) in entries.Values)
        {
            var data = new float[layout.Count];
            layout.Read(memory.Floats + offset, data);
            result.Add(prefix + spec.Name, new HostTensor([.. spec.Shape], data));
        }

        return result;
    }

    /// <summary>Throws unless every parameter is there with its shape.</summary>
    /// <exception cref="DiffusionException">One is missing or has another shape (<see cref="ErrorKind.ModelFile"/>).</exception>
    public void Check(IReadOnlyDictionary<string, HostTensor> values, string what, string prefix = "")
    {
        foreach (var (spec, _, _) in entries.Values)
        {
            if (!values.TryGetValue(prefix + spec.Name, out var found))
            {
                throw new DiffusionException(
                    ErrorKind.ModelFile, $"{what}: tensor {prefix}{spec.Name} {spec.Shape} is missing; it was saved for another network or is damaged");
            }

            if (!found.Shape.SequenceEqual(spec.Shape))
            {
                throw new DiffusionException(
                    ErrorKind.ModelFile, $"{what}: tensor {prefix}{spec.Name} has shape [{string.Join(", ", found.Shape)}], the network needs {spec.Shape}");
            }
        }
    }

    private sealed class Other(TrainedParameters parameters, ParameterSet set) : IParameterSource
    {
        public ParameterPlace Place(ParameterSpec spec, ParameterLayout layout)
        {
            var entry = parameters.entries[spec.Name];
            return entry.Layout == layout
                ? ParameterPlace.In(set, entry.Offset)
                : throw new InvalidOperationException($"{spec.Name} lies as {entry.Layout}, not as {layout}");
        }

        public PackedWeights Packed(ParameterSpec spec, PanelLayout layout) => new(layout, Place(spec, layout));

        public ParameterLayout LayoutOf(ParameterSpec spec) => parameters.LayoutOf(spec);

        public ParameterPlace Again(ParameterSpec spec) => ParameterPlace.In(set, parameters.entries[spec.Name].Offset);

        public PackedWeights PackedAgain(ParameterSpec spec) => new((PanelLayout)LayoutOf(spec), Again(spec));
    }
}
