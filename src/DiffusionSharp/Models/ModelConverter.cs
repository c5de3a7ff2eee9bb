using DiffusionSharp.Files.Storage;
using DiffusionSharp.Files.Tensors;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Models.Folder;
using DiffusionSharp.Models.Layouts;
using DiffusionSharp.Networks;
using DiffusionSharp.Training.Runs;

namespace DiffusionSharp.Models;

/// <summary>Writes any model that <see cref="ModelSource"/> opens as a folder in diffusers' layout.</summary>
public static class ModelConverter
{
    /// <summary>Writes a model folder, and compares it with the source parameter by parameter.</summary>
    /// <param name="source">The model.</param>
    /// <param name="folder">The folder; it must be new or empty.</param>
    /// <param name="options">How; null takes the defaults.</param>
    /// <param name="progress">Told the part that is done, in [0, 1].</param>
    /// <param name="cancellationToken">Stops it; nothing is left behind.</param>
    /// <exception cref="DiffusionException">
    /// The source is damaged or does not fit its own configuration (<see cref="ErrorKind.ModelFile"/>), the network has no form in the
    /// layout asked for (<see cref="ErrorKind.Configuration"/>), or the storage refused.
    /// </exception>
    /// <exception cref="DiffusionException"><see cref="ErrorKind.Usage"/>: the folder is the source itself, a training run, or not empty.</exception>
    /// <exception cref="OperationCanceledException">It was stopped.</exception>
    public static ConversionReport Convert(
        ModelSource source, string folder, ConversionOptions? options = null, IProgress<double>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(source);
        ArgumentException.ThrowIfNullOrEmpty(folder);
        options ??= new ConversionOptions();
        RequireOther(source.Path, folder);
        AtomicFolder.RequireNew(folder);
        if (options.Ermongroup)
        {
            ErmongroupFolder.RequireExpressible(source.Network, source.Scheduler);
        }

        var graph = source.Network.Build();
        using var weights = source.OpenWeights(graph);
        var file = weights.File;
        var verified = file.Verify(cancellationToken: cancellationToken);
        var networkClass = NetworkConfigJson.Write(source.Network, source.Layout).Class;
        var layout = networkClass == UNetConfigJson.DiffusersClass ? WeightsLayout.Diffusers : source.Layout;
        var own = source.Set.Select(file.Path, file.Tensors);
        var type = options.Half ? TensorDtype.F16 : TensorDtype.F32;
        var done = 0L;
        var total = (double)graph.ParameterCount * (options.Ermongroup ? 4 : 2);

        // Names of another layout are kept, and so are its tensors as they are.
        StoredTensor[] tensors = layout == WeightsLayout.Diffusers
            ? [.. graph.Parameters.Select(p => new StoredTensor(p.Name, p.Shape, Counted(p)) { Dtype = type })]
            : [.. own.Select(t => new StoredTensor(t.Key, t.Value.Shape, values => file.ReadFloat32(t.Value, Count(values))) { Dtype = type })];
        var difference = 0.0;
        ModelFolder.Save(folder, source.Network, layout, source.Scheduler, tensors, options.Card, Finish);
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
            MaxDifference = difference,
            Notes = source.Notes,
        };

        void Finish(string temporary)
        {
            if (options.Ermongroup)
            {
                ErmongroupFolder.Write(temporary, (UNetConfig)source.Network, source.Scheduler, graph, Counted);
            }

            if (File.Exists(source.TunedTimestepsPath))
            {
                AtomicFile.WriteAllText(ModelFolder.Open(temporary).TunedTimestepsPath, ConfigReader.ReadText(source.TunedTimestepsPath));
            }

            using var written = ModelFolder.Open(temporary).OpenWeights();
            foreach (var parameter in graph.Parameters)
            {
                difference = Math.Max(difference, ParameterDifference.Compute(parameter, Counted(parameter), values => written.Read(parameter, values), options.Half));
            }
        }

        ReadValues Counted(ParameterSpec parameter) => values => weights.Read(parameter, Count(values));

        Span<float> Count(Span<float> values)
        {
            cancellationToken.ThrowIfCancellationRequested();
            done += values.Length;
            progress?.Report(Math.Min(1, done / total));
            return values;
        }
    }

    private static void RequireOther(string source, string folder)
    {
        if (new RunFolder(folder).Exists || Full(source) == Full(folder))
        {
            throw new DiffusionException(ErrorKind.Usage, $"{folder} is {(new RunFolder(folder).Exists ? "a training run" : "the source itself")}; give another folder to write to");
        }

        static string Full(string path) => Path.TrimEndingDirectorySeparator(Path.GetFullPath(path));
    }
}
