using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Sources;
using DiffusionSharp.Data;
using DiffusionSharp.Imaging.Data;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cli.Verbs.Train;

/// <summary>The options that make training conditional on classes.</summary>
internal sealed class ClassOptions
{
    private const double UsualDrop = 0.1;

    public Option<ClassSource> Classes { get; } = DataSource.ClassesOption();

    public Option<double> LabelDrop { get; } = Parse.Part("--label-drop");

    public IEnumerable<Option> All => [Classes, LabelDrop];

    /// <summary>Where classes come from, for the run's configuration: null for the innermost folders, and where data always brings its own labels.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="path">The data.</param>
    /// <param name="saved">What the run has.</param>
    public string? Source(ParseResult r, string path, string? saved) =>
        !r.Has(Classes) ? saved
        : r.GetValue(Classes) is not ClassSource.Folders and var from && DataSets.HasFolders(path) ? DataSource.Name(from)
        : null;

    /// <summary>The network with a table of labels, where there shall be one, and the part of the labels that is dropped.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="path">What the data was opened from.</param>
    /// <param name="data">The data, which may have classes.</param>
    /// <param name="network">The network, whose table is still open.</param>
    /// <param name="known">The network of the run or the model it begins with; null for a new one.</param>
    /// <param name="savedDrop">What the run drops; null for a new one.</param>
    /// <exception cref="DiffusionException">What is given contradicts itself, the data or the network.</exception>
    public (NetworkConfig Network, double LabelDrop) Resolve(
        ParseResult r, string path, IBatchSource data, NetworkConfig network, NetworkConfig? known, double? savedDrop) =>
        network is UNetConfig unet ? Resolve(r, path, data, unet, known as UNetConfig, savedDrop)
        : All.FirstOrDefault(r.Has) is { } given ? throw new DiffusionException(ErrorKind.Usage, $"{given.Name}: this family of networks knows no classes")
        : (network, 0);

    private (UNetConfig Network, double LabelDrop) Resolve(
        ParseResult r, string path, IBatchSource data, UNetConfig network, UNetConfig? known, double? savedDrop)
    {
        var keeps = known?.NumClassEmbeds is not null;
        if (!keeps && !r.Has(Classes))
        {
            return r.Has(LabelDrop)
                ? throw new DiffusionException(ErrorKind.Usage, "--label-drop drops class labels, and this network has none: give --classes, too")
                : (network, 0);
        }

        if (r.Has(Classes))
        {
            var from = r.GetValue(Classes);
            RequireKind(from, path);
            RequireLabels(from, path, data);
        }

        var drop = r.Or(LabelDrop, savedDrop ?? (keeps && known!.NullClass is null ? 0 : UsualDrop));
        if (keeps)
        {
            // A run keeps its classes; what is fine-tuned learns those of the data.
            var names = savedDrop is null ? [.. data.ClassNames] : known!.ClassNames;
            return (network with { NumClassEmbeds = known!.NumClassEmbeds, NullClass = known.NullClass, ClassNames = names }, drop);
        }

        var classes = data.ClassNames.Count;
        return (network with
        {
            NumClassEmbeds = drop > 0 ? classes + 1 : classes,
            NullClass = drop > 0 ? classes : null,
            ClassNames = [.. data.ClassNames],
        }, drop);
    }

    private static void RequireKind(ClassSource from, string path)
    {
        if (from != ClassSource.Data && !DataSets.HasFolders(path))
        {
            throw new DiffusionException(
                ErrorKind.Usage,
                $"--classes {DataSource.Name(from)} takes the names of folders, and {path} is no folder or archive of images: "
                + "--classes data takes labels that data brings itself");
        }
    }

    private static void RequireLabels(ClassSource from, string path, IBatchSource data)
    {
        if (data is ImageBatchSource { LabelProblem: { } problem })
        {
            throw new DiffusionException(ErrorKind.Data, $"the labels of {path} make no classes: {problem}");
        }

        if (data.ClassNames.Count == 0)
        {
            throw new DiffusionException(ErrorKind.Usage, from != ClassSource.Data
                ? $"--classes {DataSource.Name(from)}: not every image of {path} lies in a folder below it; put the images of each class in one of its own"
                : DataSets.HasFolders(path)
                ? $"--classes data: no labels lie beside the images of {path}: a metadata.jsonl of lines with file_name and label is expected, "
                + "or for each image a/1.png a file a/1.cls, or a/1.json with a label; --classes folders takes the names of the folders its images lie in"
                : $"--classes data: {path} comes without labels; of IDX and STL-10 the file of labels must lie beside that of the images");
        }
    }
}
