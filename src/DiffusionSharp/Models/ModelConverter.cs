using DiffusionSharp.Networks;
using DiffusionSharp.Weights;

namespace DiffusionSharp.Models;

/// <summary>Writes any model that <see cref="ModelSource"/> opens as a folder in diffusers' layout.</summary>
public static class ModelConverter
{
    /// <summary>Writes a model folder, and compares it with the source parameter by parameter.</summary>
    /// <param name="source">The model.</param>
    /// <param name="folder">The folder; what it holds already is replaced file by file.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <exception cref="DiffusionException">
    /// The source is damaged or does not fit its own configuration (<see cref="ErrorKind.ModelFile"/>), the network has no form in the
    /// layout asked for (<see cref="ErrorKind.Configuration"/>), or the storage refused.
    /// </exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static ConversionReport Convert(ModelSource source, string folder, ConversionOptions? options = null)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new ConversionOptions();
        if (options.Ermongroup)
        {
            ErmongroupFolder.RequireExpressible(source.Network, source.Scheduler);
        }

        var graph = source.Network.Build();
        using var file = TensorFile.Open(source.WeightsPath);
        using var weights = source.OpenWeights(graph);
        var verified = file.Verify(cancellation: options.CancellationToken);
        var networkClass = NetworkConfigJson.Write(source.Network, source.Layout).Class;
        var layout = networkClass == UNetConfigJson.DiffusersClass ? WeightsLayout.Diffusers : source.Layout;
        var own = StateDict.Below(file.Tensors, source.Prefix);
        var type = options.Half ? TensorDtype.F16 : TensorDtype.F32;
        var done = 0L;
        var total = (double)graph.ParameterCount * (options.Ermongroup ? 5 : 3);

        // Names of another layout are kept, and so are its tensors as they are.
        StoredTensor[] tensors = layout == WeightsLayout.Diffusers
            ? [.. graph.Parameters.Select(p => new StoredTensor(p.Name, p.Shape, () => Counted(weights.Read(p))) { Dtype = type })]
            : [.. own.Select(t => new StoredTensor(t.Key, t.Value.Shape, () => Counted(file.ReadFloat32(t.Value))) { Dtype = type })];
        ModelFolder.Save(folder, source.Network, layout, source.Scheduler, tensors, options.Card, Beside);
        return new ConversionReport
        {
            Container = file.Container,
            From = source.Layout,
            NetworkClass = networkClass,
            To = layout,
            Parameters = graph.Parameters.Count,
            Values = graph.ParameterCount,
            Unused = [.. file.Tensors.Keys.Where(n => !n.StartsWith(source.Prefix, StringComparison.Ordinal))],
            Verified = verified,
            MaxDifference = Compare(),
            Notes = source.Notes,
        };

        void Beside(string temporary)
        {
            if (options.Ermongroup)
            {
                ErmongroupFolder.Write(temporary, (UNetConfig)source.Network, source.Scheduler, graph, p => Counted(weights.Read(p)));
            }
        }

        HostTensor Counted(HostTensor tensor)
        {
            options.CancellationToken.ThrowIfCancellationRequested();
            done += tensor.Data.LongLength;
            options.Progress?.Invoke(Math.Min(1, done / total));
            return tensor;
        }

        double Compare()
        {
            using var written = ModelSource.Open(folder).OpenWeights();
            return graph.Parameters.Max(p => Difference(p.Name, Counted(weights.Read(p)).Data, written.Read(p).Data));
        }

        double Difference(string name, float[] expected, float[] found)
        {
            var (difference, largest) = (0.0, 0.0);
            for (var i = 0; i < expected.Length; i++)
            {
                difference = Math.Max(difference, Math.Abs((double)expected[i] - found[i]));
                largest = Math.Max(largest, Math.Abs((double)expected[i]));
            }

            return difference == 0 ? 0 : options.Half ? difference / largest : throw new DiffusionException(
                ErrorKind.Unexpected, $"'{folder}': parameter {name} differs from that of '{source.WeightsPath}'; this is a fault of the program, please report it");
        }
    }
}
