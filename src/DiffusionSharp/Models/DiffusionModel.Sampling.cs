using DiffusionSharp.Noise;
using DiffusionSharp.Sampling.Execution;
using DiffusionSharp.Sampling.Inversion;
using DiffusionSharp.Sampling.Plans;

namespace DiffusionSharp.Models;

/// <content>What is done with it.</content>
public sealed partial class DiffusionModel
{
    /// <summary>Samples images.</summary>
    /// <param name="options">What and how; null takes the defaults: one image, 50 steps, η = 0, seed 0.</param>
    /// <param name="progress">Told after each step that called the network.</param>
    /// <param name="cancellationToken">Stops before the next network call, or inside it where the engine can.</param>
    /// <returns>The images, about [-1, 1].</returns>
    /// <exception cref="DiffusionException">An option does not fit the model, or the network returned numbers that are not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public SampledImages Sample(SampleOptions? options = null, IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new SampleOptions();
        return Sized(options).Run(Plan(options), options, progress, cancellationToken);
    }

    /// <summary>Samples images on threads of the pool; calls on one model take turns, batch by batch.</summary>
    /// <inheritdoc cref="Sample"/>
    public Task<SampledImages> SampleAsync(
        SampleOptions? options = null, IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        options ??= new SampleOptions();
        return Sized(options).RunAsync(Plan(options), options, progress, cancellationToken);
    }

    /// <summary>Samples images, holding no more than one batch of them: as many as are wanted.</summary>
    /// <param name="options">What and how.</param>
    /// <param name="plan">The <see cref="Plan(SampleOptions)"/> of these options, where it was made already.</param>
    /// <param name="progress">Told after each step that called the network.</param>
    /// <param name="cancellationToken">Stops before the next network call, or inside it where the engine can.</param>
    /// <returns>Batch after batch of at most <see cref="SampleOptions.BatchSize"/> images, each drawn when it is asked for; the arrays are the caller's.</returns>
    /// <exception cref="DiffusionException">An option does not fit the model, or, while it is enumerated, the network returned numbers that are not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public IEnumerable<SampledImages> Stream(
        SampleOptions options, SamplingPlan? plan = null, IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        plan ??= Plan(options);
        var model = Sized(options);
        return Sampler.Stream(model.Guided(options), plan, model.Request(plan, options), progress, cancellationToken).Select(WithTransform);
    }

    /// <summary>Samples images as <see cref="Stream"/> does, on threads of the pool; calls on one model take turns, batch by batch.</summary>
    /// <inheritdoc cref="Stream"/>
    public IAsyncEnumerable<SampledImages> StreamAsync(
        SampleOptions options, SamplingPlan? plan = null, IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(options);
        plan ??= Plan(options);
        var model = Sized(options);
        return Sampler.StreamAsync(turns, model.Guided(options), plan, model.Request(plan, options), progress, cancellationToken).Select(WithTransform);
    }

    /// <summary>
    /// Encodes images as x_T, without clipping (Song et al. 2021, section 5.4). <see cref="Sample"/> with the same τ, η = 0, no
    /// treatment of x0 and the result as <see cref="SampleOptions.InitialX"/> decodes them.
    /// </summary>
    /// <param name="images">[N, C, H, W], -1…1, or as <see cref="Data.PixelTransform.FromPictures"/> of the scheduler's transform has them.</param>
    /// <param name="options">Steps, spacing, labels and batch size; null takes the defaults. Seeds and η play no part.</param>
    /// <param name="level">At which end of a step the network is called.</param>
    /// <param name="progress">Told after each step that called the network.</param>
    /// <param name="cancellationToken">Stops before the next network call, or inside it where the engine can.</param>
    /// <returns>x_T, [N, C, H, W].</returns>
    /// <exception cref="DiffusionException">An option does not fit the model, or the network returned numbers that are not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public SampledImages Invert(
        double[] images, SampleOptions? options = null, InversionLevel level = InversionLevel.Target,
        IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var (model, encoding) = Encoding(images, options);
        return model.Run(InversionPlan(encoding, level), encoding, progress, cancellationToken);
    }

    /// <summary>Encodes images on threads of the pool; calls on one model take turns, batch by batch.</summary>
    /// <inheritdoc cref="Invert"/>
    public Task<SampledImages> InvertAsync(
        double[] images, SampleOptions? options = null, InversionLevel level = InversionLevel.Target,
        IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        var (model, encoding) = Encoding(images, options);
        return model.RunAsync(InversionPlan(encoding, level), encoding, progress, cancellationToken);
    }

    /// <summary>
    /// Encodes images as x_T and decodes them with the same τ, η = 0 and no treatment of x0, and says how much was lost: the DDIM paper's
    /// table 2 at one S.
    /// </summary>
    /// <param name="images">[N, C, H, W], -1…1, or as <see cref="Data.PixelTransform.FromPictures"/> of the scheduler's transform has them.</param>
    /// <param name="options">
    /// Steps, spacing, labels, guidance and batch size; null takes the defaults. Solver, η, clipping, seeds, noise, edits and which images are drawn
    /// play no part.
    /// </param>
    /// <param name="level">At which end of an encoding step the network is called.</param>
    /// <param name="progress">Told after each step that called the network, of both ways.</param>
    /// <param name="cancellationToken">Stops before the next network call, or inside it where the engine can.</param>
    /// <exception cref="DiffusionException">An option does not fit the model, or the network returned numbers that are not finite.</exception>
    /// <exception cref="OperationCanceledException">The token was cancelled.</exception>
    public Reconstruction Reconstruct(
        double[] images, SampleOptions? options = null, InversionLevel level = InversionLevel.Target,
        IProgress<SamplerProgress>? progress = null, CancellationToken cancellationToken = default)
    {
        ArgumentNullException.ThrowIfNull(images);
        options ??= new SampleOptions();
        return Reconstruction.Compute(Sized(options), images, options, level, progress, cancellationToken);
    }

    private DiffusionModel Sized(SampleOptions options) => options.Size is var (height, width) ? At(height, width) : this;

    // Of an encoding, the model of its size and what is left of its options.
    private (DiffusionModel Model, SampleOptions Options) Encoding(double[] images, SampleOptions? options)
    {
        ArgumentNullException.ThrowIfNull(images);
        options ??= new SampleOptions();
        var model = Sized(options);
        return (model, options.WithSeeds(new ulong[images.Length / model.Shape.Elements]) with { InitialX = images, Edit = null, Noise = null, Only = null });
    }

    private SampledImages Run(SamplingPlan plan, SampleOptions options, IProgress<SamplerProgress>? progress, CancellationToken cancellationToken) =>
        WithTransform(Sampler.Run(Guided(options), plan, Request(plan, options), progress, cancellationToken));

    private async Task<SampledImages> RunAsync(SamplingPlan plan, SampleOptions options, IProgress<SamplerProgress>? progress, CancellationToken cancellationToken)
    {
        var request = Request(plan, options);
        return WithTransform(await Sampler.CollectAsync(request, Sampler.StreamAsync(turns, Guided(options), plan, request, progress, cancellationToken)).ConfigureAwait(false));
    }

    private SampledImages WithTransform(SampledImages images) => images with { Transform = Scheduler.PixelTransform };

    private SamplerRequest Request(SamplingPlan plan, SampleOptions options)
    {
        options.Validate();
        if (options.Labels is not null && !TakesLabels && options.Classifier is null)
        {
            throw new DiffusionException(ErrorKind.Usage, $"labels were given, but the model {Name} knows no classes: leave them out, or take a model that was trained with classes");
        }

        var seeds = options.AllSeeds();
        var request = new SamplerRequest
        {
            Shape = Shape,
            Count = seeds.Count,
            Only = options.Only,
            Noise = options.Noise ?? NoiseSource.FromSeeds(seeds),
            InitialX = options.InitialX,
            Labels = options.Labels,
            Condition = plan.IsGuided ? options.Classifier!.Gradient(options.ClassifierScale) : null,
            BatchSize = options.BatchSize,
            Watch = options.Watch,
        };
        return options.Edit?.Apply(request, plan) ?? request;
    }
}
