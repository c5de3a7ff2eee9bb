using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Models;
using DiffusionSharp.Models.Configs;
using DiffusionSharp.Networks;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>Which network, where it runs, and the classes it is asked for.</summary>
internal sealed class LoadOptions
{
    private readonly ModelOptions model = new();
    private readonly Option<string?> labels = new("--labels", "--class");
    private readonly EngineOptions engine = new();

    private readonly Option<double> guidance = Parse.Number<double>("--guidance");

    /// <summary>For verbs that call the network once.</summary>
    public IEnumerable<Option> OneCall => [.. model.All, labels, .. engine.All];

    /// <summary>For verbs that sample.</summary>
    public IEnumerable<Option> All => [.. OneCall, guidance];

    /// <summary>Images in one network call.</summary>
    public int BatchSize(ParseResult r) => engine.BatchSize(r);

    /// <summary>What runs networks.</summary>
    public Engine Engine(ParseResult r, CliHost host) => engine.Choose(r).Open(host);

    /// <summary>The model on its engine. A wrong batch size is known before.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="host">Is told what was assumed.</param>
    /// <param name="check">Refuses what does not go with the model, before its weights are read; null for nothing.</param>
    public DiffusionModel Load(ParseResult r, CliHost host, Action<SchedulerConfig>? check = null)
    {
        _ = BatchSize(r);
        return model.Load(r, host, Engine(r, host), check);
    }

    /// <summary>What is sampled, with guidance and batch size.</summary>
    public SampleOptions Complete(ParseResult r, SampleOptions options) => options with
    {
        Guidance = r.Or(guidance, 1),
        BatchSize = BatchSize(r),
    };

    /// <summary>What the verb was asked for, as its pictures' recipes hold it.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="batch">Images in one network call.</param>
    /// <param name="resolved">Values that take the place of what was given, or of a default.</param>
    public RecipeOptions Asked(ParseResult r, int batch, params IEnumerable<(string Name, string Value)> resolved)
    {
        var choice = engine.Choose(r);
        return choice.Complete(RecipeOptions.FromParseResult(r, choice.Describe(), resolved), batch);
    }

    /// <summary>Whether an image comes out the same in any batch.</summary>
    public bool IsExact(ParseResult r) => engine.Choose(r).IsExact;

    /// <summary>The class of each image.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="loaded">The model.</param>
    /// <param name="count">Number of images.</param>
    /// <param name="otherwise">Stands for <c>--labels</c> that are not given; null lets the classes take turns.</param>
    /// <param name="classifier">What leads the images to classes; null without.</param>
    public int[]? Classes(ParseResult r, DiffusionModel loaded, int count, string? otherwise = null, Classifier? classifier = null) =>
        LabelList.Resolve(r.GetValue(labels) ?? otherwise, loaded, count, classifier, r.GetResult(labels)?.IdentifierToken?.Value ?? labels.Name);
}
