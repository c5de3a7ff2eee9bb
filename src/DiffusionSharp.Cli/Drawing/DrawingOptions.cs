using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Options;
using DiffusionSharp.Cli.Recipes;
using DiffusionSharp.Models;

namespace DiffusionSharp.Cli.Drawing;

/// <summary>What is drawn: with which model, how, and from which noise. A recipe of one verb with these options is one of every other.</summary>
/// <param name="from">Whose pictures are taken up again.</param>
internal sealed class DrawingOptions(FromOption from)
{
    private readonly InputFile init = new("--init");
    private readonly InputFile noise = new("--noise");
    private readonly Option<ulong[]> only = Parse.Option("--only", SeedOptions.ParseList);
    private readonly SamplingOptions sampling = new();
    private readonly SeedOptions seeds = new();
    private readonly EditingOptions editing = new();
    private readonly LoadOptions load = new();
    private readonly GuidanceOptions guidance = new();

    public IEnumerable<Option> All => [from, init, noise, only, .. sampling.All, .. seeds.All, .. editing.All, .. load.All, .. guidance.All];

    /// <summary>The model on its engine.</summary>
    public DiffusionModel Load(ParseResult r, CliHost host)
    {
        editing.Check(r, r.GetValue(init));
        return load.Load(r, host, scheduler => sampling.ResolveTau(r, scheduler));
    }

    /// <summary>The images; disposing of them disposes of the models that lead them, not of the one that is given.</summary>
    /// <param name="r">The command line.</param>
    /// <param name="host">Shows the progress.</param>
    /// <param name="model">The model.</param>
    /// <param name="usual">How many images are drawn when nothing says so.</param>
    /// <param name="oneBatch">Whether the wanted images have to go through the network together.</param>
    /// <param name="more">Values of further options for the recipe.</param>
    public SampleJob Job(ParseResult r, CliHost host, DiffusionModel model, int usual, bool oneBatch, params IEnumerable<(string Name, string Value)> more)
    {
        var inputs = SampleInputs.Read(r.GetValue(init), r.GetValue(noise), model.Shape);
        var (edit, count) = editing.Read(r, model.Shape, seeds.Asked(r), model.Scheduler.PixelTransform, host.Interruption.Token);
        var all = seeds.Resolve(r, count ?? inputs.Count, usual);
        var wanted = Wanted(r, all);
        var given = load.BatchSize(r);
        var batch = oneBatch && wanted.Select(i => i / given).Distinct().Count() > 1 ? all.Length : given;
        var options = load.Complete(r, sampling.Resolve(r, model.Scheduler)) with
        {
            Seeds = all,
            Noise = inputs.Noise,
            InitialX = inputs.InitialX,
            Edit = edit,
            BatchSize = batch,
        };
        options = guidance.Complete(r, host, model, load.Engine(r, host), options);
        options = options with { Labels = load.Classes(r, model, all.Length, classifier: options.Classifier) };
        var asked = load.Asked(r, batch, [.. seeds.Values(r, all), .. more]);
        asked = options.GuideWith is { } weak ? asked.Reading("guide-with", weak.Source!.WeightsPath) : asked;
        var recipe = new Recipe(asked, model.Source!, model.Plan(options), edit);
        return new SampleJob
        {
            Host = host,
            Model = model,
            Wanted = wanted,
            IsExact = load.IsExact(r),
            Options = options,
            Recipe = recipe,
            Notes = from.Check(r, recipe),
        };
    }

    private int[] Wanted(ParseResult r, ulong[] all)
    {
        if (!r.Has(only))
        {
            return [.. Enumerable.Range(0, all.Length)];
        }

        var listed = r.GetValue(only)!;
        var strange = listed.Except(all).ToArray();
        return strange.Length == 0
            ? [.. all.Index().Where(s => listed.Contains(s.Item)).Select(s => s.Index)]
            : throw new DiffusionException(
                ErrorKind.Usage,
                $"--only: the seed {strange[0]} is not among {SeedOptions.Spell(all)}; --only names some of the images that --seed and --count, or --seeds, ask for");
    }
}
