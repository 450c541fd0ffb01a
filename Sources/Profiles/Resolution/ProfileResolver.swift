public import CorbelAPI
public import Revisions

/// Resolves profiles to revisions, and checks profiles by themselves. Pure: the same input has the same outcome.
public struct ProfileResolver: RevisionResolver {
    public init() {}

    /// Everything that is wrong with the profiles, the variables and the stack is told at once, phase by phase: what
    /// a broken text would only make up is left out.
    public func resolve(_ input: ResolutionInput) -> Resolution {
        let (profiles, notFound) = Composition.select(input)
        if !notFound.isEmpty { return .refused(notFound) }
        let structural = profiles.flatMap(Self.validate) + Composition.check(profiles)
        if !structural.isEmpty { return .refused(structural) }

        var variables = VariableResolution(input)
        var loading = LayerLoading(packs: input.packs)
        variables.checkNames(against: profiles)
        var layers: [LayerSource] = []
        for profile in profiles {
            var source = ProfileSource(profile)
            source.variables = variables.values(for: profile)
            layers += loading.layers(of: profile, as: source)
        }
        layers = Composition.inOrder(layers)
        let continuity = input.running.map { ContinuityChecks.problems(from: $0, to: layers) } ?? []
        let problems = variables.problems + loading.problems + continuity
        if !loading.problems.isEmpty { return .refused(problems) }

        var rendering = RevisionRendering(input: input, profiles: profiles.map(ProfileSource.init), layers: layers)
        let resolved = rendering.render(variables: variables.recorded)
        let all = problems + rendering.problems
        return all.isEmpty ? .resolved(resolved) : .refused(all)
    }

    /// Everything that is wrong with a profile whatever the cluster, for admission. ``ProfileProblem/fieldError`` is
    /// what the API server tells.
    public static func validate(_ profile: ClusterProfile) -> [ProfileProblem] {
        var validation = ProfileValidation(profile)
        return validation.run()
    }
}
