using System.CommandLine;
using DiffusionSharp.Cli.CommandLine;
using DiffusionSharp.Cli.Verbs.CheckData;
using DiffusionSharp.Cli.Verbs.Completions;
using DiffusionSharp.Cli.Verbs.Convert;
using DiffusionSharp.Cli.Verbs.Demo;
using DiffusionSharp.Cli.Verbs.Doctor;
using DiffusionSharp.Cli.Verbs.Export;
using DiffusionSharp.Cli.Verbs.Inspect;
using DiffusionSharp.Cli.Verbs.Interpolate;
using DiffusionSharp.Cli.Verbs.Invert;
using DiffusionSharp.Cli.Verbs.Likelihood;
using DiffusionSharp.Cli.Verbs.Plan;
using DiffusionSharp.Cli.Verbs.Predict;
using DiffusionSharp.Cli.Verbs.Reconstruct;
using DiffusionSharp.Cli.Verbs.Sample;
using DiffusionSharp.Cli.Verbs.Score;
using DiffusionSharp.Cli.Verbs.Sequence;
using DiffusionSharp.Cli.Verbs.Sweep;
using DiffusionSharp.Cli.Verbs.Train;
using DiffusionSharp.Cli.Verbs.Tune;

namespace DiffusionSharp.Cli;

/// <summary>One thing the command does.</summary>
/// <param name="Name">One or two words.</param>
/// <param name="Line">What it does, in the overview.</param>
/// <param name="Text">Makes its help text, which starts with an example; only that which is asked for is made.</param>
/// <param name="Create">Makes its options and action; only the verb that was asked for is made.</param>
internal sealed record VerbRow(string Name, string Line, Func<string> Text, Func<CliHost, IReadOnlyList<string>, Command> Create)
{
    /// <summary>All verbs, in the order of the overview.</summary>
    public static IReadOnlyList<VerbRow> All { get; } =
    [
        new("demo", "see it work: samples the bundled model, then trains and samples a small one", () => DemoCommand.Help, (host, _) => DemoCommand.Create(host)) { Draws = true },
        new("train", "train a network on images, or go on with a run", () => TrainCommand.Help, TrainCommand.Create),
        new("sample", "draw images with a model", () => SampleCommand.Help, (host, _) => SampleCommand.Create(host)) { Draws = true },
        new("invert", "encode images as the x_T that DDIM makes them from", () => InvertCommand.Help, (host, _) => InvertCommand.Create(host)) { Draws = true },
        new("reconstruct", "say what encoding and decoding images loses, for numbers of steps", () => ReconstructCommand.Help, (host, _) => ReconstructCommand.Create(host)) { Draws = true },
        new("interpolate", "draw what lies between the images of two or four seeds", () => InterpolateCommand.Help, (host, _) => InterpolateCommand.Create(host)) { Draws = true },
        new("sweep", "sample the same seeds at several numbers of steps and etas, and compare", () => SweepCommand.Help, (host, _) => SweepCommand.Create(host)),
        new("sequence", "show how images form, step by step: a film strip, an animation, or files", () => SequenceCommand.Help, (host, _) => SequenceCommand.Create(host)) { Draws = true },
        new("tune", "find the timesteps that suit a model best", () => TuneCommand.Help, (host, _) => TuneCommand.Create(host)),
        new("plan", "print the steps, coefficients and noise levels of a sampling run", () => PlanCommand.Help, (host, _) => PlanCommand.Create(host)),
        new("predict", "run a network once on given arrays", () => PredictCommand.Help, (host, _) => PredictCommand.Create(host)),
        new("convert", "write anybody's checkpoint as a model folder that diffusers opens, too", () => ConvertCommand.Help, (host, _) => ConvertCommand.Create(host)),
        new("export", "write a network, or a whole sampler, as an ONNX file", () => ExportCommand.Help, (host, _) => ExportCommand.Create(host)),
        new("score", "say how many pictures of builtin:shapes are what they should be", () => ScoreCommand.Help, (host, _) => ScoreCommand.Create(host)),
        new("likelihood", "say how many bits images cost under a model", () => LikelihoodCommand.Help, (host, _) => LikelihoodCommand.Create(host)),
        new("data check", "list the files of a data set that cannot be used", () => DataCheckCommand.Help, (host, _) => DataCheckCommand.Create(host)),
        new("inspect", "say what is in a model, checkpoint, run, array file or data set", () => InspectCommand.Help, (host, _) => InspectCommand.Create(host)),
        new("doctor", "check this machine", () => DoctorCommand.Help, (host, _) => DoctorCommand.Create(host)),
        new("completions", "print a script with which a shell completes all this", () => CompletionsCommand.Help, (host, _) => CompletionsCommand.Create(host, Words)),
    ];

    /// <summary>Whether it draws pictures with a network, and somebody waits for the first.</summary>
    public bool Draws { get; private init; }

    /// <summary>Its help text.</summary>
    public string Help => Text();

    /// <summary>What <c>ddim</c> alone prints.</summary>
    public static string Overview => $$"""
        Example:  ddim demo

        ddim trains DDPMs and samples them with DDIM.

        {{Lines()}}

        ddim VERB --help     options of a verb
        ddim --version       version

        Every verb also takes its options from the environment (DDIM_LR for --lr) and from
        --config FILE.json (keys are option names); the command line wins, then the environment,
        then the file, then the recipe in the picture of --from PICTURE.png.
        --verbose shows where an error happened.

        Exit codes: 0 done, 1 unexpected, 2 usage, 3 configuration, 4 data, 5 storage,
        6 numbers not finite, 7 device, 8 model file, 130 and 143 stopped by a signal.
        """;

    /// <summary>The verb that the first words name, and how many words that took.</summary>
    /// <exception cref="DiffusionException">There is no such verb.</exception>
    public static (VerbRow Verb, int Words) Find(IReadOnlyList<string> args)
    {
        foreach (var verb in All)
        {
            var words = verb.Name.Split(' ');
            if (args.Take(words.Length).SequenceEqual(words))
            {
                return (verb, words.Length);
            }
        }

        if (args[0] == "data" && args.Skip(1).All(a => a.StartsWith('-')))
        {
            return (All.Single(v => v.Name == "data check"), 1);
        }

        var typed = args[0] == "data" && args.Count > 1 ? $"data {args[1]}" : args[0];
        throw new DiffusionException(
            ErrorKind.Usage,
            $"there is no verb '{typed}'{Suggestion.For(typed, All.Select(v => v.Name))} (ddim --help lists them)");
    }

    /// <summary>The command of a verb, or null.</summary>
    public static Command? CommandOf(string name) => All.SingleOrDefault(v => v.Name == name)?.Create(CliHost.Silent, []);

    /// <summary>Every verb's option names, without dashes.</summary>
    public static IReadOnlySet<string> AllOptionNames() =>
        All.SelectMany(v => v.Create(CliHost.Silent, []).Options).Select(o => o.Name[2..]).ToHashSet();

    private static IReadOnlyList<VerbWords> Words() =>
        [.. All.Select(v => VerbWords.FromCommand(v.Name, v.Line, v.Create(CliHost.Silent, []), Settings.Config, Settings.Verbose))];

    private static string Lines() => string.Join('\n', All.Select(v => $"  {v.Name,-11} {v.Line}"));
}
